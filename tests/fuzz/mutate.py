"""Turning good bytes into bad ones, by a seeded generator."""

import random
from collections.abc import Sequence

INTERESTING = (b"\x00", b"\xff", b"\xc1", b"\xdf\xff\xff\xff\xff", b"\xdd\xff\xff\xff\xff", b"\x91" * 2000)
INTERESTING += (b"\r\n", b"\r\n\r\n", b"=", b":", b'"', b"{", b"[" * 2000, b"\xed\xa0\x80", b"-1", b"9" * 400)


def mutated(rng: random.Random, corpus: Sequence[bytes], most: int = 4) -> bytes:
    """A member of the corpus after one to ``most`` small accidents; sometimes unharmed, sometimes noise."""
    fate = rng.random()
    if fate < 0.05:
        return rng.randbytes(rng.randrange(200))
    data = bytearray(rng.choice(corpus))
    if fate < 0.15:
        return bytes(data)
    for _ in range(rng.randint(1, most)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(6):
            case 0 if data:
                data[at % len(data)] ^= 1 << rng.randrange(8)
            case 1:
                del data[at : at + rng.randrange(1, 16)]
            case 2:
                data[at:at] = rng.choice(INTERESTING)
            case 3:
                data[at:at] = data[: rng.randrange(len(data) + 1)]
            case 4:
                other = rng.choice(corpus)
                data[at:] = other[rng.randrange(len(other) + 1) :]
            case _:
                del data[at:]
    return bytes(data)
