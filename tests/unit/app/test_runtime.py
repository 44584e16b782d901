"""The single-writer loop: the record before the effects, bounds, deadlines, faults."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from gateway.app.runtime import Runtime
from gateway.core.switchboard import Switchboard
from gateway.model.effects import Answer, Effect, OpenGate
from gateway.model.ids import BootId, CommandId, LegId, MessageId
from gateway.model.inputs import (
    Booted,
    ClockStepped,
    FloorRequest,
    Input,
    MediaUp,
    SendMessage,
    SetRoomMode,
    Talking,
    Tick,
)
from gateway.model.refusal import RefusalCode
from gateway.model.room import RoomMode, RoomSpec
from tests.unit.app.values import ANN, OPS, UTC_0, HandClock, eventually, join, request


class Desk:
    """A runtime with everything around it written down in one list, in the order it happened."""

    def __init__(self, queue_len_max: int = 100) -> None:
        self.happened: list[tuple[str, object]] = []
        self.roomy = True
        self.clock = HandClock()
        self.runtime = Runtime(Switchboard(), self, self.clock, self.run_effects, queue_len_max)
        self.runtime.fact(Booted(BootId("b"), (RoomSpec(OPS, "Operations"),)))

    def append(self, what: Input, _now: float, _at: float, _effects: Sequence[Effect]) -> None:
        self.happened.append(("record", what))

    def run_effects(self, effects: Sequence[Effect]) -> None:
        self.happened += [("effect", effect) for effect in effects]

    def inputs(self) -> list[object]:
        return [what for kind, what in self.happened if kind == "record"]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Runtime]:
        task = asyncio.create_task(self.runtime.run())
        try:
            yield self.runtime
        finally:
            self.runtime.close()
            await task


async def test_a_record_stands_in_the_log_before_its_effects_run() -> None:
    desk = Desk()
    async with desk.running() as runtime:
        runtime.fact(MediaUp(ANN))
        await runtime.command(join(ANN, 1))
        await runtime.command(request(ANN, 2))
    asked = desk.happened.index(("record", request(ANN, 2)))
    opened = next(n for n, (_, what) in enumerate(desk.happened) if isinstance(what, OpenGate))
    assert asked < opened


async def test_a_command_returns_its_own_answer() -> None:
    desk = Desk()
    async with desk.running() as runtime:
        answers = await asyncio.gather(runtime.command(join(ANN, 7)), runtime.command(request(ANN, 8)))
    assert [(answer.id, answer.refusal and answer.refusal.code) for answer in answers] == [
        (7, None),
        (8, RefusalCode.NO_MEDIA),
    ]


async def test_inputs_are_taken_in_the_order_they_came() -> None:
    desk = Desk()
    legs = [LegId(f"leg-{n}") for n in range(200)]
    async with desk.running() as runtime:
        for leg in legs:
            runtime.fact(MediaUp(leg))
        await runtime.idle()
    assert desk.inputs()[1:] == [MediaUp(leg) for leg in legs]


async def test_beyond_its_bound_commands_are_refused_and_voice_activity_is_dropped() -> None:
    desk = Desk(queue_len_max=1)
    refused = await desk.runtime.command(join(ANN, 1))
    desk.runtime.fact(Talking(ANN, OPS, on=True))
    desk.runtime.fact(MediaUp(ANN))
    async with desk.running() as runtime:
        await runtime.idle()
    assert refused.refusal is not None
    assert refused.refusal.code is RefusalCode.TOO_MANY
    assert desk.inputs()[1:] == [MediaUp(ANN)]
    assert desk.runtime.counters["dropped_talking_total"] == 1


async def test_with_a_full_log_administration_is_refused_but_never_the_floor() -> None:
    desk = Desk()
    desk.roomy = False
    async with desk.running() as runtime:
        runtime.fact(MediaUp(ANN))
        await runtime.command(join(ANN, 1))
        switched = await runtime.command(SetRoomMode(CommandId(2), ANN, OPS, RoomMode.CONFERENCE, UTC_0))
        granted = await runtime.command(request(ANN, 3))
    assert switched.refusal is not None
    assert switched.refusal.code is RefusalCode.TOO_MANY
    assert granted.refusal is None


async def test_with_a_full_log_no_message_is_said_to_be_stored() -> None:
    desk = Desk()
    desk.roomy = False
    async with desk.running() as runtime:
        runtime.fact(MediaUp(ANN))
        await runtime.command(join(ANN, 1))
        sent = await runtime.command(SendMessage(CommandId(2), ANN, OPS, MessageId("m1"), "water", UTC_0))
    assert sent.refusal is not None
    assert sent.refusal.code is RefusalCode.TOO_MANY


async def test_a_deadline_of_the_core_brings_a_tick() -> None:
    desk = Desk()
    async with desk.running() as runtime:
        runtime.fact(MediaUp(ANN))
        await runtime.command(join(ANN, 1))
        await runtime.command(request(ANN, 2))
        desk.clock.seconds += 29.999
        runtime.fact(MediaUp(ANN))  # anything: the loop looks at its deadline again
        await runtime.idle()
        desk.clock.seconds += 0.01
        await eventually(lambda: Tick() in desk.inputs())
        assert runtime.switchboard.next_deadline() != 1030.0


async def test_a_step_of_the_wall_clock_is_a_record() -> None:
    desk = Desk()
    async with desk.running() as runtime:
        await runtime.idle()
        desk.clock.offset += 3600
        runtime.fact(MediaUp(ANN))
        runtime.fact(MediaUp(ANN))
        await runtime.idle()
    assert desk.inputs()[1:] == [ClockStepped(3_600_000), MediaUp(ANN), MediaUp(ANN)]


async def test_an_input_that_the_core_cannot_take_is_answered_and_the_next_is_taken() -> None:
    class Faulty(Switchboard):
        def handle(self, what: Input, now: float) -> list[Effect]:
            if isinstance(what, FloorRequest):
                raise ZeroDivisionError
            return super().handle(what, now)

    desk = Desk()
    desk.runtime.switchboard = Faulty()
    async with desk.running() as runtime:
        failed = await runtime.command(request(ANN, 1))
        fine = await runtime.command(join(ANN, 2))
    assert failed.refusal is not None
    assert failed.refusal.code is RefusalCode.INTERNAL
    assert isinstance(fine, Answer)
    assert desk.runtime.counters["errors_total"] == 1


async def test_closing_works_off_what_was_queued_and_refuses_what_comes() -> None:
    desk = Desk()
    for n in range(300):
        desk.runtime.fact(MediaUp(LegId(str(n))))
    async with desk.running() as runtime:
        runtime.close()
        late = await runtime.command(join(ANN, 1))
    assert len(desk.inputs()) == 301
    assert late.refusal is not None


async def test_a_caller_who_gave_up_does_not_disturb_the_loop() -> None:
    desk = Desk()
    waiting = asyncio.ensure_future(desk.runtime.command(join(ANN, 1)))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with desk.running() as runtime:
        assert (await runtime.command(join(ANN, 1))).refusal is None
