"""An event loop on which time passes only by jumping to the next thing that is due."""

import asyncio
import selectors


class _Jumping(selectors.SelectSelector):
    """Never waits: where a selector would sleep, its clock jumps."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("nothing is due and nothing will ever come: the story waits for ever")
            self.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """For code that only waits by this loop; what waits for a thread or a socket would see time fly."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


class VirtualClock:
    """The hub's clock on that loop (gateway.app.clock.Clock)."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def now(self) -> float:
        return self._loop.time()

    def utc(self) -> float:
        return 1_800_000_000.0 + self._loop.time()
