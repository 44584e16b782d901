"""The single-writer loop: one task owns the core and is the only one that calls it.

For each input, in order: the core decides, the record is appended to the spool, the effects run, the
waiting command gets its answer. Between batches other tasks get their turn.

The queue is bounded. A command beyond the bound is refused with ``too_many``; voice activity beyond it is
dropped and counted. The other facts are few for each leg (up, down, limit, lost) and are always taken.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from gateway.app.clock import Clock
from gateway.core.switchboard import Switchboard
from gateway.model.effects import Answer, Effect
from gateway.model.inputs import (
    ClockStepped,
    Command,
    Fact,
    Input,
    SendMessage,
    SendPosition,
    SendReceipt,
    SendStatus,
    SetRoomMode,
    Talking,
    Tick,
)
from gateway.model.refusal import Refusal, RefusalCode

_log = structlog.get_logger("runtime")

BATCH_LEN = 64
"""Inputs taken before other tasks get a turn."""
CLOCK_TOLERANCE_S = 0.25
"""A smaller drift of UTC against the monotonic clock between two inputs is not recorded as a step."""
_DEADLINE_SLACK_S = 0.001
"""The event loop's clock counts milliseconds; waking early would only make an idle Tick."""
_FAR_S = 86_400.0
_LASTING = SetRoomMode | SendMessage | SendReceipt | SendStatus | SendPosition
"""What is answered ok only when it is stored."""


class Journal(Protocol):
    """Where records go before effects run; never raises. Implemented by ``app.spool.Spool``."""

    @property
    def roomy(self) -> bool: ...
    def append(self, what: Input, now: float, at: float, effects: Sequence[Effect], /) -> object: ...


class Runtime:
    """Owns the switchboard. ``run`` is its one task."""

    def __init__(
        self,
        switchboard: Switchboard,
        journal: Journal,
        clock: Clock,
        run_effects: Callable[[Sequence[Effect]], None],
        queue_len_max: int,
    ) -> None:
        self.switchboard = switchboard
        self._journal = journal
        self._clock = clock
        self._run_effects = run_effects
        self._queue_len_max = queue_len_max
        self._queue: deque[tuple[Input, asyncio.Future[Answer] | None]] = deque()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._closing = False
        self._deadline: asyncio.TimerHandle | None = None
        self._utc_offset = clock.utc() - clock.now()
        self.counters = {
            "inputs_total": 0,
            "refused_full_total": 0,
            "refused_no_log_total": 0,
            "dropped_talking_total": 0,
            "errors_total": 0,
        }

    def fact(self, fact: Fact) -> None:
        """Queue a fact."""
        if isinstance(fact, Talking) and len(self._queue) >= self._queue_len_max:
            self.counters["dropped_talking_total"] += 1
            return
        self._put(fact, None)

    async def command(self, command: Command) -> Answer:
        """Queue a command; returns its answer when the record is in the spool and the effects ran."""
        if self._closing or len(self._queue) >= self._queue_len_max:
            self.counters["refused_full_total"] += 1
            return _refused(command, "the gateway is shutting down" if self._closing else "the queue is full")
        if isinstance(command, _LASTING) and not self._journal.roomy:
            self.counters["refused_no_log_total"] += 1
            return _refused(command, "the record log is full or cannot be written")
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._put(command, answer)
        return await answer

    async def run(self) -> None:
        """Take inputs until ``close``, then the rest of the queue."""
        try:
            while self._queue or not self._closing:
                if not self._queue:
                    self._idle.set()
                    self._wake.clear()
                    await self._wake.wait()
                for _ in range(min(len(self._queue), BATCH_LEN)):
                    self._take(*self._queue.popleft())
                self._arm()
                await asyncio.sleep(0)
        finally:
            self._idle.set()
            if self._deadline is not None:
                self._deadline.cancel()

    def close(self) -> None:
        """Refuse commands from now on; ``run`` returns when the queue is empty."""
        self._closing = True
        self._wake.set()

    async def idle(self) -> None:
        """Wait until everything that was queued has been taken."""
        await self._idle.wait()

    @property
    def queue_len(self) -> int:
        """Inputs waiting."""
        return len(self._queue)

    def now(self) -> float:
        """The core's time, for views."""
        return self._clock.now()

    # -- one input ---------------------------------------------------------------------------

    def _put(self, what: Input, answer: asyncio.Future[Answer] | None) -> None:
        self._queue.append((what, answer))
        self._idle.clear()
        self._wake.set()

    def _take(self, what: Input, answer: asyncio.Future[Answer] | None) -> None:
        now, at = self._clock.now(), self._clock.utc()
        step_s = at - now - self._utc_offset
        if abs(step_s) > CLOCK_TOLERANCE_S:
            self._utc_offset += step_s
            _log.warning("the wall clock stepped", by_ms=round(step_s * 1000))
            self._decide(ClockStepped(round(step_s * 1000)), now, at)
        effects = self._decide(what, now, at)
        if answer is not None and not answer.done():
            answer.set_result(_answer(what, effects))

    def _decide(self, what: Input, now: float, at: float) -> list[Effect]:
        self.counters["inputs_total"] += 1
        try:
            effects = self.switchboard.handle(what, now)
        except Exception:  # noqa: BLE001 - one input's fault must not stop the rooms
            # A fault of ours: it costs this input, not the rooms. The record names the input.
            self.counters["errors_total"] += 1
            _log.exception("the core raised", input=type(what).__name__)
            effects = []
        self._journal.append(what, now, at, effects)
        self._run_effects(effects)
        return effects

    def _arm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        at = self.switchboard.next_deadline()
        if at is not None:
            wait_s = min(max(0.0, at - self._clock.now()), _FAR_S) + _DEADLINE_SLACK_S
            loop = asyncio.get_running_loop()
            self._deadline = loop.call_at(loop.time() + wait_s, self._put, Tick(), None)


def _answer(what: Input, effects: Sequence[Effect]) -> Answer:
    """The answer to a command among its effects."""
    for effect in effects:
        if isinstance(effect, Answer):
            return effect
    if not isinstance(what, Command):
        raise TypeError("only commands have answers")
    return Answer(what.leg, what.id, Refusal(RefusalCode.INTERNAL, "the core failed, see the log"))


def _refused(command: Command, detail: str) -> Answer:
    return Answer(command.leg, command.id, Refusal(RefusalCode.TOO_MANY, detail))
