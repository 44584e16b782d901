"""The native radio thread on the event loop: orders out, batches of events in, and the pulse."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from gateway.backlog import Backlog

if TYPE_CHECKING:
    from adapters.radio.native import RadioEvent

PULSE_S = 0.5
"""The edge unkeys every transmitter when the event loop was not heard of for 3 s."""


class EdgeLost(Exception):
    """The radio thread ended or takes no orders any more."""


class Radio(Protocol):
    """What the adapter needs of ``gateway._native.RadioEdge``; its stub says what each call does."""

    def event_fd(self) -> int: ...
    def drain(self) -> "list[RadioEvent]": ...
    def expect(self, bridge: str, sid: str) -> None: ...
    def forget(self, bridge: str) -> None: ...
    def open(self, channel: int, bridge: str, name: str, codec: str) -> int: ...
    def aim(self, channel: int, port: int) -> None: ...
    def shut(self, channel: int) -> None: ...
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
    ) -> None: ...
    def release(self, channel: int) -> None: ...
    def abort(self, channel: int) -> None: ...
    def hear(self, channel: int, stream: int) -> None: ...
    def drop(self, channel: int, stream: int) -> None: ...
    def pulse(self) -> None: ...
    def counters(self) -> dict[str, int]: ...
    def stop(self) -> None: ...


class Edge:
    """Owns one of them for a run of the adapter."""

    def __init__(self, radio: Radio) -> None:
        self.radio = radio
        self._loop = asyncio.get_running_loop()
        self._lost: asyncio.Future[None] = self._loop.create_future()
        # An order that is lost may be the one that unkeys: the edge is given up, which unkeys all.
        self._backlog = Backlog(lambda: self.lose("it takes no orders"))

    async def run(self, take: Callable[["RadioEvent"], None]) -> None:
        """Hand each event to ``take``. Returns never; raises EdgeLost."""
        fd = self.radio.event_fd()
        self._loop.add_reader(fd, self._drain, take)
        try:
            while not self._lost.done():
                with suppress(BlockingIOError):  # a thread that takes no orders unkeys by itself
                    self.radio.pulse()
                await asyncio.wait([self._lost], timeout=PULSE_S)
            self._lost.result()
        finally:
            self._loop.remove_reader(fd)

    def order(self, order: Callable[[Radio], None]) -> None:
        """Give an order, after those that are waiting."""
        self._backlog.give(lambda: order(self.radio))

    def counters(self) -> Mapping[str, int]:
        """The edge's own, under ``edge_``."""
        return {f"edge_{name}": value for name, value in self.radio.counters().items()}

    def lose(self, why: str) -> None:
        """Give it up: ``run`` ends, and what is on the air is unkeyed with it."""
        if not self._lost.done():
            self._lost.set_exception(EdgeLost(why))

    async def stop(self) -> None:
        """Unkeys all, says that the hub is off, ends the thread."""
        self._backlog.close()
        await asyncio.to_thread(self.radio.stop)

    def _drain(self, take: Callable[["RadioEvent"], None]) -> None:
        # One batch a wake: the bell goes on while more wait, and other tasks get their turn.
        try:
            events = self.radio.drain()
        except OSError as error:
            self.lose(str(error))
            return
        for event in events:
            take(event)
