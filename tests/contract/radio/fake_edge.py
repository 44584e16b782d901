"""A native edge without MQTT: orders are kept, events are what the test says. Speaks RadioEdge's protocol."""

import os
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adapters.radio.native import RadioEvent

FAKE_PORT_FIRST = 50_000


class FakeEdge:
    """Implements adapters.radio.edge.Radio."""

    def __init__(self) -> None:
        self.orders: list[tuple[Any, ...]] = []
        """(name, *arguments) of every order but the pulse, oldest first."""
        self.pulses = 0
        self.heartbeats = True
        """A bridge is heard at once when it is listened to."""
        self.stopped = False
        self.refusal: Exception | None = None
        """Raised by ``open`` while it is set."""
        self._events: deque[RadioEvent] = deque()
        self._read, self._write = os.pipe()

    # -- what a test does --------------------------------------------------------------------

    def tell(self, *events: "RadioEvent") -> None:
        self._events.extend(events)
        os.write(self._write, b"!")

    def of(self, name: str) -> list[tuple[Any, ...]]:
        """Arguments of every order of this name."""
        return [order[1:] for order in self.orders if order[0] == name]

    @property
    def token(self) -> int:
        """Of the newest key."""
        token: int = self.of("key")[-1][1]
        return token

    # -- the protocol ------------------------------------------------------------------------

    def event_fd(self) -> int:
        return self._read

    def drain(self) -> "list[RadioEvent]":
        os.read(self._read, 4096)
        events = list(self._events)
        self._events.clear()
        return events

    def expect(self, bridge: str, sid: str) -> None:
        self.orders.append(("expect", bridge, sid))
        if self.heartbeats:
            self.tell(("heartbeat", bridge, None, None, 0, 0, 0, 0))

    def forget(self, bridge: str) -> None:
        self.orders.append(("forget", bridge))

    def open(self, channel: int, bridge: str, name: str, codec: str) -> int:
        if self.refusal is not None:
            raise self.refusal
        self.orders.append(("open", channel, bridge, name, codec))
        return FAKE_PORT_FIRST + channel

    def aim(self, channel: int, port: int) -> None:
        self.orders.append(("aim", channel, port))

    def shut(self, channel: int) -> None:
        self.orders.append(("shut", channel))

    def key(
        self,
        channel: int,
        token: int,
        retry_token: int,
        priority: int,
        limit_ms: int,
        source: tuple[str, str, str],
        origin: str = "",
        hop: int = 0,
    ) -> None:
        assert token != retry_token
        self.orders.append(("key", channel, token, priority, limit_ms, source, origin, hop))

    def release(self, channel: int) -> None:
        self.orders.append(("release", channel))

    def abort(self, channel: int) -> None:
        self.orders.append(("abort", channel))

    def hear(self, channel: int, stream: int) -> None:
        self.orders.append(("hear", channel, stream))

    def drop(self, channel: int, stream: int) -> None:
        self.orders.append(("drop", channel, stream))

    def pulse(self) -> None:
        self.pulses += 1

    def counters(self) -> dict[str, int]:
        return {"pulses_total": self.pulses}

    def stop(self) -> None:
        self.stopped = True
        os.close(self._read)
        os.close(self._write)
