"""Servers that are no TURN server of ours, as ``crosspatch doctor`` tells them."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.web.checkup import web_checks
from adapters.web.config import WebConfig
from gateway.ports.checkup import Finding

BINDING, ALLOCATE = 0x001, 0x003
RELAYED = b"\x00\x16\x00\x08" + bytes(8)


@contextmanager
def server(answer: Callable[[int, bytes], bytes]) -> Iterator[int]:
    """A UDP port where each request's method and transaction are answered; empty: with silence."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                request, whence = door.recvfrom(2048)
                if not request:
                    return
                reply = answer(struct.unpack_from("!H", request)[0], request[4:20])
                if reply:
                    door.sendto(reply, whence)

        serving = threading.Thread(target=serve)
        serving.start()
        try:
            yield door.getsockname()[1]
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as goodbye:
                goodbye.sendto(b"", door.getsockname())
            serving.join()


def message(kind: int, transaction: bytes, attributes: bytes = b"") -> bytes:
    return struct.pack("!HH", kind, len(attributes)) + transaction + attributes


def refusal(code: int, reason: bytes) -> bytes:
    value = bytes((0, 0, code // 100, code % 100)) + reason
    return struct.pack("!HH", 9, len(value)) + value + bytes(-len(value) % 4)


def for_everybody(method: int, transaction: bytes) -> bytes:
    return message(method | 0x100, transaction, RELAYED if method == ALLOCATE else b"")


def without_turn(method: int, transaction: bytes) -> bytes:
    return message(method | 0x100, transaction) if method == BINDING else b""


def full(method: int, transaction: bytes) -> bytes:
    if method == BINDING:
        return message(method | 0x100, transaction)
    return message(method | 0x110, transaction, refusal(508, b"Insufficient Capacity"))


def nonsense(_method: int, transaction: bytes) -> bytes:
    return message(0x4242, transaction)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (for_everybody, "relays for everybody, without a password"),
        (without_turn, "is no TURN server"),
        (full, "gives no relay (508 Insufficient Capacity)"),
        (nonsense, "does not speak STUN"),
    ],
)
def test_a_server_that_is_of_no_use_to_us_is_told_with_what_it_is(
    tmp_path: Path, answer: Callable[[int, bytes], bytes], told: str
) -> None:
    secret = tmp_path / "secret"
    secret.touch(mode=0o600)
    secret.write_text("of-this-test\n")
    with server(answer) as port:
        found = asked(port, secret)
    assert told in found.found
    assert found.remedy


def asked(port: int, secret: Path) -> Finding:
    """What the check of the one TURN server finds."""
    *_, check = web_checks(WebConfig(turn_urls=(f"turn:127.0.0.1:{port}",), turn_secret_file=secret))
    (finding,) = check.run()
    return finding
