"""The longest talkspurt: the warning, the limit (T2), the grace (T3), the cut, the penalty."""

from gateway.model.effects import Publish, ShutGate, Tell
from gateway.model.events import FloorEnd, FloorIdle, FloorRevoked, FloorWarned
from gateway.model.inputs import Tick
from gateway.model.refusal import RefusalCode
from gateway.model.room import FloorTerms, RoomSpec
from tests.unit.core.world import ENGINE_2, MEDIC_7, OPS, World, answer, events, granted


def strict(terms: FloorTerms) -> World:
    return World(MEDIC_7, ENGINE_2, rooms=(RoomSpec(OPS, "Operations", floor=terms),))


def test_a_talker_is_warned_told_to_stop_and_cut_each_at_its_time() -> None:
    world = World(MEDIC_7)
    spurt = granted(world.request(MEDIC_7))
    assert world.wait(24.9) == []
    assert world.wait(0.1) == [Tell(MEDIC_7, FloorWarned(OPS, MEDIC_7, spurt, 5000))]
    assert world.wait(5) == [Tell(MEDIC_7, FloorRevoked(OPS, MEDIC_7, spurt, 3000))]
    assert world.holder() == MEDIC_7
    assert world.wait(3) == [
        ShutGate(OPS, MEDIC_7),
        Publish(OPS, FloorIdle(OPS, MEDIC_7, spurt, FloorEnd.TIMED_OUT)),
    ]
    assert world.switchboard.next_deadline() is not None, "of its grants only"


def test_who_stops_in_the_grace_has_released_and_may_ask_again_at_once() -> None:
    world = World(MEDIC_7)
    spurt = granted(world.request(MEDIC_7))
    world.wait(31)
    assert events(world.release(MEDIC_7)) == [FloorIdle(OPS, MEDIC_7, spurt, FloorEnd.RELEASED)]
    assert answer(world.request(MEDIC_7)).refusal is None


def test_a_room_without_grace_cuts_at_the_limit() -> None:
    world = strict(FloorTerms(warn_ms=0, grace_ms=0))
    spurt = granted(world.request(MEDIC_7))
    assert events(world.wait(30)) == [FloorIdle(OPS, MEDIC_7, spurt, FloorEnd.TIMED_OUT)]


def test_a_clock_that_comes_late_cuts_at_once() -> None:
    world = World(MEDIC_7, ENGINE_2)
    spurt = granted(world.request(MEDIC_7))
    world.now += 60
    assert events(world.feed(Tick())) == [FloorIdle(OPS, MEDIC_7, spurt, FloorEnd.TIMED_OUT)]


def test_the_cut_has_passed_for_a_request_that_comes_before_its_tick() -> None:
    world = World(MEDIC_7, ENGINE_2)
    world.request(MEDIC_7)
    world.now += 33.001
    assert answer(world.request(ENGINE_2)).refusal is None
    assert world.holder() == ENGINE_2


def test_who_was_cut_by_the_limit_is_denied_for_the_penalty_and_told_how_long() -> None:
    world = World(MEDIC_7, ENGINE_2)
    world.request(MEDIC_7)
    world.wait(34)
    denied = answer(world.request(MEDIC_7))
    assert denied.refusal is not None
    assert (denied.refusal.code, denied.wait_ms) == (RefusalCode.PENALTY, 2000)
    assert answer(world.request(ENGINE_2)).refusal is None, "others are not"


def test_after_the_penalty_the_floor_may_be_asked_for_again() -> None:
    world = World(MEDIC_7)
    world.request(MEDIC_7)
    world.wait(36.1)
    assert answer(world.request(MEDIC_7)).refusal is None


def test_in_the_penalty_one_may_not_even_wait() -> None:
    world = World(MEDIC_7, ENGINE_2)
    world.request(MEDIC_7)
    world.wait(33.5)
    world.request(ENGINE_2)
    denied = answer(world.request(MEDIC_7, waits=True))
    assert denied.refusal is not None
    assert denied.refusal.code is RefusalCode.PENALTY


def test_who_waits_is_served_when_the_limit_cuts_the_talker() -> None:
    world = strict(FloorTerms(queue_wait_ms=60_000))
    world.request(MEDIC_7)
    world.request(ENGINE_2, waits=True)
    world.wait(33)
    assert world.holder() == ENGINE_2


def test_asking_again_in_the_grace_buys_no_time() -> None:
    world = World(MEDIC_7)
    world.request(MEDIC_7)
    world.wait(31)
    assert answer(world.request(MEDIC_7)).limit_ms == 0
    world.wait(2)
    assert world.holder() is None
