"""A group in which several may talk at once: each has its own gate, limit and end, and one more waits."""

import pytest

from gateway.model.effects import OpenGate, Publish, ShutGate
from gateway.model.events import FloorEnd, FloorIdle, FloorTaken
from gateway.model.ids import LegId
from gateway.model.inputs import LegLost, Talking
from gateway.model.refusal import RefusalCode
from gateway.model.room import FloorTerms, Preemption, RoomMode, RoomSpec
from tests.unit.core.world import (
    DISPATCH_1,
    ENGINE_2,
    HILL,
    MEDIC_7,
    OPS,
    VALLEY,
    WALL,
    World,
    answer,
    events,
    granted,
)


def two_may_talk(preemption: Preemption = Preemption.OVERRIDE) -> World:
    terms = FloorTerms(talkers_max=2, preemption=preemption)
    return World(MEDIC_7, ENGINE_2, DISPATCH_1, WALL, rooms=(RoomSpec(OPS, "Operations", floor=terms),))


def on_the_floor(world: World) -> list[LegId]:
    view = world.switchboard.view(OPS, world.now)
    assert view is not None
    return [*view.beside, *([view.holder] if view.holder else [])]


def test_a_second_one_talks_beside_the_first_and_the_third_waits() -> None:
    world = two_may_talk()
    granted(world.request(MEDIC_7))
    spurt = granted(world.request(ENGINE_2))
    assert on_the_floor(world) == [MEDIC_7, ENGINE_2]
    refused = answer(world.request(WALL)).refusal
    assert refused is not None
    assert refused.code is RefusalCode.FLOOR_BUSY
    assert answer(world.request(WALL, waits=True)).place == 1
    served = world.release(ENGINE_2)
    assert ShutGate(OPS, ENGINE_2) in served
    assert Publish(OPS, FloorIdle(OPS, ENGINE_2, spurt, FloorEnd.RELEASED)) in served
    assert on_the_floor(world) == [MEDIC_7, WALL]


def test_each_has_its_own_limit() -> None:
    world = two_may_talk()
    world.request(MEDIC_7)
    world.wait(10)
    world.request(ENGINE_2)
    ended = [event for event in events(world.wait(23)) if isinstance(event, FloorIdle)]
    assert [(event.leg, event.why) for event in ended] == [(MEDIC_7, FloorEnd.TIMED_OUT)]
    ended = [event for event in events(world.wait(10)) if isinstance(event, FloorIdle)]
    assert [event.leg for event in ended] == [ENGINE_2]


def test_a_lost_talker_ends_its_own_turn_alone() -> None:
    world = two_may_talk()
    world.request(MEDIC_7)
    world.request(ENGINE_2)
    world.feed(LegLost(MEDIC_7, "link"))
    assert on_the_floor(world) == [ENGINE_2]


def test_an_override_takes_the_place_of_the_lowest_rank_who_began_last() -> None:
    world = two_may_talk()
    world.request(MEDIC_7)
    world.request(ENGINE_2)
    taken = world.request(DISPATCH_1, overrides=True)
    assert [event.leg for event in events(taken) if isinstance(event, FloorIdle)] == [ENGINE_2]
    assert on_the_floor(world) == [MEDIC_7, DISPATCH_1]


def test_a_rank_that_takes_over_cuts_off_only_a_lower_one() -> None:
    world = two_may_talk(Preemption.RANK)
    world.request(DISPATCH_1)
    world.request(MEDIC_7)
    assert answer(world.request(ENGINE_2, waits=True)).place == 1
    world.release(MEDIC_7)
    assert on_the_floor(world) == [DISPATCH_1, ENGINE_2]


def test_a_radio_takes_the_free_place_and_cuts_off_nobody() -> None:
    world = two_may_talk()
    world.radio(HILL)
    world.request(MEDIC_7)
    heard = world.carrier(HILL, on=True)
    assert [type(effect) for effect in heard] == [OpenGate, Publish]
    assert on_the_floor(world) == [MEDIC_7, HILL]


def test_a_radio_takes_the_place_of_a_person_and_never_of_a_radio() -> None:
    world = two_may_talk()
    for leg in (HILL, VALLEY):
        world.radio(leg)
    world.request(DISPATCH_1)
    world.request(MEDIC_7)
    world.carrier(HILL, on=True)
    assert on_the_floor(world) == [DISPATCH_1, HILL]
    world.carrier(VALLEY, on=True)
    assert on_the_floor(world) == [HILL, VALLEY]
    assert answer(world.request(DISPATCH_1, overrides=True)).refusal is not None


def test_two_places_serve_two_who_wait() -> None:
    world = two_may_talk()
    for leg in (MEDIC_7, ENGINE_2, WALL, DISPATCH_1):
        world.request(leg, waits=True)
    world.release(MEDIC_7)
    world.release(ENGINE_2)
    assert on_the_floor(world) == [DISPATCH_1, WALL]


def test_of_two_who_were_served_the_silent_one_gives_way() -> None:
    world = two_may_talk()
    for leg in (MEDIC_7, ENGINE_2, WALL, DISPATCH_1):
        world.request(leg, waits=True)
    world.release(MEDIC_7)
    world.release(ENGINE_2)
    world.feed(Talking(WALL, OPS, on=True))
    world.wait(4)
    assert on_the_floor(world) == [WALL]


@pytest.mark.parametrize("mode", [RoomMode.CONFERENCE, RoomMode.BROADCAST])
def test_a_new_mode_ends_all_turns(mode: RoomMode) -> None:
    world = two_may_talk()
    world.request(MEDIC_7)
    world.request(ENGINE_2)
    switched = world.switch(DISPATCH_1, mode)
    ended = [event for event in events(switched) if isinstance(event, FloorIdle)]
    assert [event.why for event in ended] == [FloorEnd.MODE_CHANGED] * 2
    assert on_the_floor(world) == []


def test_the_newest_talkspurt_is_the_one_that_is_shown_first() -> None:
    world = two_may_talk()
    world.request(MEDIC_7)
    world.wait(2)
    taken = world.request(ENGINE_2)
    view = world.switchboard.view(OPS, world.now)
    assert view is not None
    assert (view.holder, view.beside, view.holder_since_ms) == (ENGINE_2, (MEDIC_7,), 0)
    assert [event.leg for event in events(taken) if isinstance(event, FloorTaken)] == [ENGINE_2]
