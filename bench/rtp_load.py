"""Participants of a mix as plain RTP: some talk, the others are silent, all count what they get.

What is sent was encoded before: a talker repeats its pilot (``sim.signal.pilot``), so that what is heard can
be told apart, and the silent ones repeat encoded silence, as telephones do that detect no voice activity.
"""

import asyncio
import secrets
import struct
import time
from collections import deque
from dataclasses import dataclass
from typing import cast

import numpy as np

from sim.phone.codec import Opus
from sim.signal.pilot import PILOTS_HZ, levels, pilot

PAYLOAD_TYPE = Opus.payload_type
TALKERS_MAX = len(PILOTS_HZ)
_LOOP_MS = 2_000
_FRAME = Opus.rate_hz // 50
_KEPT = 200
"""Packets of the last 4 s are kept to be listened to."""
_HEARD_DBOV = -30.0
"""A pilot is sent at -20."""


class Participant(asyncio.DatagramProtocol):
    """One RTP socket."""

    def __init__(self, payloads: list[bytes]) -> None:
        self.local: tuple[str, int] = ("", 0)
        self.received = 0
        self._payloads = payloads
        self._kept: deque[bytes] = deque(maxlen=_KEPT)
        self._transport: asyncio.DatagramTransport | None = None
        self._remote = ("", 0)
        self._ssrc = secrets.randbits(32)
        self._sent = secrets.randbits(15)

    @classmethod
    async def open(cls, address: str, payloads: list[bytes]) -> "Participant":
        """On a free port. Raises OSError."""
        loop = asyncio.get_running_loop()
        _, participant = await loop.create_datagram_endpoint(lambda: cls(payloads), local_addr=(address, 0))
        return participant

    def aim(self, host: str, port: int) -> None:
        self._remote = (host, port)

    def send(self) -> None:
        """The next 20 ms."""
        if self._transport is None or not self._remote[1]:
            return
        self._sent += 1
        head = (0x80, PAYLOAD_TYPE, self._sent & 0xFFFF, self._sent * _FRAME & 0xFFFFFFFF, self._ssrc)
        payload = self._payloads[self._sent % len(self._payloads)]
        self._transport.sendto(struct.pack("!BBHII", *head) + payload, self._remote)

    def hears(self) -> set[int]:
        """Whose pilots are in what it got last."""
        codec = Opus()
        pcm = [codec.decode(packet) for packet in self._kept if packet]
        if not pcm:
            return set()
        middle = np.median(levels(np.concatenate(pcm), codec.rate_hz), axis=0)
        return {int(number) for number in np.flatnonzero(middle > _HEARD_DBOV)}

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)
        self.local = transport.get_extra_info("sockname")[:2]

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:  # noqa: ARG002
        if len(data) > 12 and data[1] & 0x7F == PAYLOAD_TYPE:
            self.received += 1
            self._kept.append(data[12:])


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """Payloads of every talker, and of one who is silent."""

    talkers: list[list[bytes]]
    silence: list[bytes]

    @classmethod
    def make(cls) -> "Rehearsed":
        talkers = [_encoded(pilot(number, _LOOP_MS, seed=1)) for number in range(TALKERS_MAX)]
        return cls(talkers, _encoded(np.zeros(_LOOP_MS * Opus.rate_hz // 1000, dtype=np.int16)))


async def talk(participants: list[Participant], until: asyncio.Event) -> None:
    """All send every 20 ms, spread over the 20 ms as telephones are; late ticks are caught up."""
    slices = 5
    started, tick = time.monotonic(), 0
    while not until.is_set():
        for participant in participants[tick % slices :: slices]:
            participant.send()
        tick += 1
        await asyncio.sleep(max(0.0, started + tick * 0.02 / slices - time.monotonic()))


def _encoded(pcm: "np.ndarray[tuple[int], np.dtype[np.int16]]") -> list[bytes]:
    codec = Opus()
    return [codec.encode(frame) for frame in pcm.reshape(-1, _FRAME)]
