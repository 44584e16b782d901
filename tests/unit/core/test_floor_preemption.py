"""Who may cut off whom: the room's terms, ranks, and the dispatcher's override."""

import pytest

from gateway.core.floor.inputs import Request
from gateway.core.floor.judge import takes_over
from gateway.model.effects import OpenGate, Publish, ShutGate
from gateway.model.events import FloorEnd, FloorIdle, FloorTaken
from gateway.model.ids import CommandId, LegId, TalkspurtId
from gateway.model.refusal import RefusalCode
from gateway.model.room import FloorTerms, Preemption, RoomSpec
from tests.unit.core.world import DISPATCH_1, ENGINE_2, HILL, MEDIC_7, OPS, World, answer, events, granted

LOW, MID, HIGH = 32, 64, 128


def ruled(by: Preemption) -> World:
    return World(
        MEDIC_7, ENGINE_2, DISPATCH_1, rooms=(RoomSpec(OPS, "Ops", floor=FloorTerms(preemption=by)),)
    )


@pytest.mark.parametrize(
    ("by", "asker", "overrides", "cut"),
    [
        (Preemption.NEVER, HIGH, True, False),
        (Preemption.OVERRIDE, HIGH, False, False),
        (Preemption.OVERRIDE, HIGH, True, True),
        (Preemption.OVERRIDE, MID, True, True),
        (Preemption.OVERRIDE, LOW, True, False),
        (Preemption.RANK, HIGH, False, True),
        (Preemption.RANK, MID, False, False),
        (Preemption.RANK, MID, True, True),
        (Preemption.CUT_IN, MID, False, True),
        (Preemption.CUT_IN, LOW, False, False),
    ],
)
def test_the_rooms_terms_say_who_cuts_off_a_holder_of_middle_rank(
    by: Preemption,
    asker: int,
    overrides: bool,  # noqa: FBT001 - a column of the table
    cut: bool,  # noqa: FBT001 - a column of the table
) -> None:
    request = Request(CommandId(1), LegId("asker"), TalkspurtId(1), asker, overrides=overrides)
    assert takes_over(request, MID, by) is cut


def test_an_override_cuts_the_talker_before_the_dispatcher_is_let_in() -> None:
    world = ruled(Preemption.OVERRIDE)
    cut = granted(world.request(MEDIC_7))
    taken = world.request(DISPATCH_1, overrides=True)
    spurt = granted(taken)
    assert [one for one in taken if isinstance(one, ShutGate | OpenGate | Publish)] == [
        ShutGate(OPS, MEDIC_7),
        Publish(OPS, FloorIdle(OPS, MEDIC_7, cut, FloorEnd.PREEMPTED)),
        OpenGate(OPS, DISPATCH_1, spurt, 33_000),
        Publish(OPS, FloorTaken(OPS, DISPATCH_1, spurt, 30_000)),
    ]


def test_an_override_needs_the_right_to_dispatch() -> None:
    world = ruled(Preemption.CUT_IN)
    world.request(MEDIC_7)
    refused = answer(world.request(ENGINE_2, overrides=True)).refusal
    assert refused is not None
    assert refused.code is RefusalCode.NOT_ALLOWED
    assert world.holder() == MEDIC_7


def test_where_nobody_may_be_cut_off_an_override_waits_like_anybody() -> None:
    world = ruled(Preemption.NEVER)
    world.request(MEDIC_7)
    assert answer(world.request(DISPATCH_1, waits=True, overrides=True)).place == 1


def test_a_radio_that_is_heard_is_not_cut_off() -> None:
    world = ruled(Preemption.RANK)
    world.radio(HILL)
    world.carrier(HILL, on=True)
    assert answer(world.request(DISPATCH_1, waits=True, overrides=True)).place == 1
    assert world.holder() == HILL


def test_who_waits_and_then_overrides_leaves_the_queue() -> None:
    world = ruled(Preemption.OVERRIDE)
    world.request(MEDIC_7)
    world.request(DISPATCH_1, waits=True)
    granted(world.request(DISPATCH_1, overrides=True))
    view = world.switchboard.view(OPS, world.now)
    assert view is not None
    assert (view.holder, view.queue) == (DISPATCH_1, ())


def test_who_was_cut_off_may_ask_again_at_once() -> None:
    world = ruled(Preemption.OVERRIDE)
    world.request(MEDIC_7)
    world.request(DISPATCH_1, overrides=True)
    assert answer(world.request(MEDIC_7, waits=True)).place == 1


def test_a_late_release_of_who_was_cut_off_does_not_end_the_next_talkspurt() -> None:
    world = ruled(Preemption.OVERRIDE)
    world.request(MEDIC_7)
    world.request(DISPATCH_1, overrides=True)
    assert events(world.release(MEDIC_7)) == []
    assert world.holder() == DISPATCH_1
