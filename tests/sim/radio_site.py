"""A radio site in virtual time: a half-duplex radio, its bridge, and the way between them and the hub.

Stands in for the native edge and everything behind it. It keys only by a key, hears nothing while keyed,
denies keys while its squelch is open, and has a squelch tail after its own transmissions.
"""

import asyncio
import random
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adapters.radio.native import RadioEvent

HALF_WAY_S = 0.03
TAIL_AFTER_S, TAIL_S = 0.02, 0.08


class RadioSite:
    """Implements adapters.radio.edge.Radio for one channel of the bridge ``hill``."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._loop = asyncio.get_running_loop()
        self.take: Callable[[RadioEvent], None] = lambda _event: None
        self.online = True
        self.keyed: int | None = None
        """The token on the air."""
        self.told_keyed: int | None = None
        """What the hub was told of it."""
        self.talking: int | None = None
        """Stream of somebody on the air, whether it can be received or not."""
        self.received: dict[int, float] = {}
        """Streams that the hub was told of and that go on, with their beginning."""
        self.lengths: dict[int, float] = {}
        self.tails: set[int] = set()
        self.heard: set[int] = set()
        self.keys = 0
        self._life = 0
        """Of the link; what was on its way when it broke is lost."""
        self._streams = 0

    # -- what happens on the air -------------------------------------------------------------

    def open_squelch(self) -> None:
        """Somebody presses the key of another radio."""
        self._streams += 1
        self.talking = self._streams
        self._receive()

    def close_squelch(self) -> None:
        stream, self.talking = self.talking, None
        if stream is not None:
            self._lose(stream)

    def go(self) -> None:
        """The link breaks: the bridge unkeys by itself, the hub learns it by silence."""
        self.online, self.keyed = False, None
        self._life += 1
        for stream in tuple(self.received):
            self._lose(stream)
        self.told_keyed = None
        self.take(("silent", "hill"))

    def come(self) -> None:
        self.online = True
        self.take(("heartbeat", "hill", 60_000, 0, 0, 0, 0, 0))
        self._receive()

    def _receive(self) -> None:
        if self.talking is not None and self.keyed is None and self.online:
            self._begin(self.talking)

    def _begin(self, stream: int) -> None:
        if stream not in self.received:
            self.received[stream] = self._loop.time()
            self._tell(("rx_start", 1, stream, False, False, None))

    def _lose(self, stream: int) -> None:
        since = self.received.pop(stream, None)
        if since is not None:
            self.lengths[stream] = self._loop.time() - since
            self._tell(("rx_end", 1, stream, 1, 0, 0))

    def _squelch_tail(self) -> None:
        if self.keyed is None and self.talking is None and self.online:
            self._streams += 1
            tail = self._streams
            self.tails.add(tail)
            self._begin(tail)
            self._loop.call_later(TAIL_S, self._lose, tail)

    # -- the way -----------------------------------------------------------------------------

    def _tell(self, event: "RadioEvent") -> None:
        self._loop.call_later(HALF_WAY_S, self._arrive, event, self._life)

    def _arrive(self, event: "RadioEvent", life: int) -> None:
        if life != self._life and event[0] != "rx_end":
            return
        match event:
            case ("granted", _, token, _, _):
                self.told_keyed = token
            case ("idle" | "revoked", _, token, *_) if token == self.told_keyed:
                self.told_keyed = None
        self.take(event)

    def _after(self, delay_s: float, act: Callable[[int], None], token: int) -> None:
        self._loop.call_later(delay_s, act, token)

    # -- what the hub orders -----------------------------------------------------------------

    def key(
        self,
        channel: int,  # noqa: ARG002
        token: int,
        retry_token: int,  # noqa: ARG002
        priority: int,  # noqa: ARG002
        limit_ms: int,  # noqa: ARG002
        source: tuple[str, str, str],  # noqa: ARG002
        origin: str = "",  # noqa: ARG002
        hop: int = 0,  # noqa: ARG002
    ) -> None:
        self.keys += 1
        self._current = token
        self._after(HALF_WAY_S, self._key, token)

    def _key(self, token: int) -> None:
        if not self.online or self.keyed is not None:
            self._tell(("denied", 1, token, "link" if not self.online else "busy", 0))
        elif self.received:
            self._tell(("denied", 1, token, "cor", 0))
        else:
            self.keyed = token
            self._tell(("granted", 1, token, 0, 60_000))
            if self._dice.random() < 0.1:
                self._after(self._dice.uniform(0.1, 1.0), self._revoke, token)

    def _revoke(self, token: int) -> None:
        if self.keyed == token:
            self._tell(("revoked", 1, token, "tot", 0))
            self._unkey()

    def release(self, channel: int) -> None:  # noqa: ARG002
        self._after(HALF_WAY_S + self._dice.uniform(0.0, 0.2), self._end, self._current)

    def abort(self, channel: int) -> None:  # noqa: ARG002
        self._after(HALF_WAY_S, self._end, self._current)

    def _end(self, token: int) -> None:
        if self.keyed == token:
            self._tell(("idle", 1, token, 100, 5, 0, 0))
            self._unkey()

    def _unkey(self) -> None:
        self.keyed = None
        self._receive()
        if self._dice.random() < 0.5:
            self._loop.call_later(TAIL_AFTER_S, self._squelch_tail)

    def hear(self, channel: int, stream: int) -> None:  # noqa: ARG002
        self.heard.add(stream)

    def drop(self, channel: int, stream: int) -> None: ...

    def open(self, channel: int, bridge: str, name: str, codec: str) -> int:  # noqa: ARG002
        return 50_000 + channel

    def expect(self, bridge: str, sid: str) -> None:  # noqa: ARG002
        self._tell(("heartbeat", bridge, None, None, 0, 0, 0, 0))

    def forget(self, bridge: str) -> None: ...

    def aim(self, channel: int, port: int) -> None: ...

    def shut(self, channel: int) -> None: ...

    def pulse(self) -> None: ...

    def counters(self) -> dict[str, int]:
        return {}

    def event_fd(self) -> int:
        raise NotImplementedError

    def drain(self) -> "list[RadioEvent]":
        raise NotImplementedError

    def stop(self) -> None: ...
