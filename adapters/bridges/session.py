"""One run of a bridge as the hub sees it: its session id, and whatever connection it has just now."""

import secrets
import string
import time

from adapters._kit.counters import Counters
from adapters.bridges.mqtt import Connection
from adapters.radio.contract.codec import Up, encode
from adapters.radio.contract.topics import Address, Kind, topic

_LETTERS = string.digits + string.ascii_letters
_SESSION_CHARS = 8


class Session:
    """Says things to the hub; without a connection they are lost, and said again after the next one."""

    def __init__(self, bridge: str, root: str) -> None:
        self.id = "".join(secrets.choice(_LETTERS) for _ in range(_SESSION_CHARS))
        self.bridge = bridge
        self.root = root
        self.connection: Connection | None = None
        self.counters = Counters("dropped", "bad")
        """Frames dropped at the source; messages that were malformed."""

    def address(self, kind: Kind, channel: str | None = None, *, up: bool = True) -> Address:
        """Of a topic of this bridge."""
        return Address(self.bridge, up, kind, channel)

    def say(
        self, kind: Kind, message: Up, channel: str | None = None, correlation: bytes | None = None
    ) -> None:
        """Publish an untimed message."""
        self.publish(kind, encode(message), channel, correlation)

    def publish(
        self, kind: Kind, payload: bytes, channel: str | None = None, correlation: bytes | None = None
    ) -> int | None:
        """Publish as the contract says for this kind; its number, None without a connection."""
        if self.connection is None:
            return None
        address = self.address(kind, channel)
        return self.connection.publish(topic(address, self.root), payload, address.delivery, correlation)

    def send_frame(self, channel: str, payload: bytes) -> None:
        """Publish received sound, or drop and count it when the connection cannot keep up."""
        name = topic(self.address(Kind.RECEIVED, channel), self.root)
        if self.connection is None or not self.connection.send_frame(name, payload):
            self.counters.add("dropped")


def wall_ms() -> int:
    """Wall clock, milliseconds; for the hub's log only."""
    return time.time_ns() // 1_000_000
