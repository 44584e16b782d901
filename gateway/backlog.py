"""Orders for a native thread whose queue may be full: those that it refuses wait here and keep their place.

Used by whoever owns a native object: ``gateway.native`` and the adapters with an edge of their own.
"""

import asyncio
from collections import deque
from collections.abc import Callable

import structlog

Order = Callable[[], None]
"""Gives one order. Raises BlockingIOError while the thread's queue is full: nothing was done."""

LEN_MAX = 65_536
RETRY_S = 0.005

_log = structlog.get_logger("backlog")


class Backlog:
    """Made and used on the event loop's thread. Beyond ``len_max`` the oldest order goes: ``on_lost``."""

    def __init__(self, on_lost: Callable[[], None], len_max: int = LEN_MAX) -> None:
        self._on_lost = on_lost
        self._len_max = len_max
        self._waiting: deque[Order] = deque()
        self._loop = asyncio.get_running_loop()
        self._retry: asyncio.TimerHandle | None = None
        self.delayed_total = 0
        self.failed_total = 0
        """Orders that waited and then raised; they are dropped."""

    def __len__(self) -> int:
        return len(self._waiting)

    def give(self, order: Order) -> None:
        """Give an order, after those that are waiting."""
        if not self._waiting:
            try:
                order()
            except BlockingIOError:
                pass
            else:
                return
        self.delayed_total += 1
        if len(self._waiting) >= self._len_max:
            self._waiting.popleft()
            self._on_lost()
        self._waiting.append(order)
        if self._retry is None:
            self._retry = self._loop.call_later(RETRY_S, self._give_waiting)

    def close(self) -> None:
        """No further tries; what waits is dropped."""
        self._waiting.clear()
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    def _give_waiting(self) -> None:
        self._retry = None
        while self._waiting:
            try:
                self._waiting[0]()
            except BlockingIOError:
                self._retry = self._loop.call_later(RETRY_S, self._give_waiting)
                return
            except Exception:  # noqa: BLE001 - whatever it was, those behind it must go
                # It never will be taken: kept at the head it would stop all behind it.
                self.failed_total += 1
                _log.exception("an order failed")
            self._waiting.popleft()
