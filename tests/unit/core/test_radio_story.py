"""Radios in a room: who talks on the air cannot be denied, and its tail is nobody."""

import pytest

from gateway.model.effects import OpenGate, Publish, ShutGate
from gateway.model.events import (
    AirChanged,
    FloorEnd,
    FloorIdle,
    FloorTaken,
    RadioTalkerNamed,
    TalkerChanged,
)
from gateway.model.ids import TalkspurtId
from gateway.model.inputs import LegLost, MediaDown, MediaUp, RadioTalker, Talking, TalkLimitHit
from gateway.model.radio import Air, AirState, AirWhy
from gateway.model.refusal import RefusalCode
from gateway.model.room import RoomMode
from tests.unit.core.world import (
    COMMAND,
    DISPATCH_1,
    HILL,
    MEDIC_7,
    OPS,
    VALLEY,
    World,
    answer,
    events,
    granted,
)


def with_radio(limit_ms: int = 0) -> World:
    world = World(MEDIC_7, DISPATCH_1)
    world.radio(HILL, limit_ms=limit_ms)
    return world


def test_a_carrier_takes_the_idle_floor() -> None:
    world = with_radio()
    spurt = TalkspurtId(1)
    assert world.carrier(HILL, on=True) == [
        OpenGate(OPS, HILL, spurt, 30_000),
        Publish(OPS, FloorTaken(OPS, HILL, spurt, 30_000)),
    ]


def test_nobody_gets_the_floor_while_a_radio_talks() -> None:
    world = with_radio()
    world.carrier(HILL, on=True)
    refused = answer(world.request(DISPATCH_1)).refusal
    assert refused is not None
    assert refused.code is RefusalCode.FLOOR_BUSY


def test_a_carrier_takes_the_floor_from_who_talks_and_both_are_told() -> None:
    world = with_radio()
    spurt = granted(world.request(MEDIC_7))
    assert world.carrier(HILL, on=True) == [
        ShutGate(OPS, MEDIC_7),
        Publish(OPS, FloorIdle(OPS, MEDIC_7, spurt, FloorEnd.CARRIER)),
        OpenGate(OPS, HILL, TalkspurtId(2), 30_000),
        Publish(OPS, FloorTaken(OPS, HILL, TalkspurtId(2), 30_000)),
    ]


def test_the_radio_keeps_the_floor_for_the_hang_after_its_carrier_closed() -> None:
    world = with_radio()
    world.carrier(HILL, on=True)
    assert world.carrier(HILL, on=False) == []
    assert world.wait(0.149) == []
    ended = world.wait(0.002)
    assert events(ended) == [FloorIdle(OPS, HILL, TalkspurtId(1), FloorEnd.RELEASED)]
    assert world.switchboard.timers == 3  # the grants' ends only


def test_a_fade_within_the_hang_is_one_talkspurt() -> None:
    world = with_radio()
    world.carrier(HILL, on=True)
    world.carrier(HILL, on=False)
    world.wait(0.1)
    assert world.carrier(HILL, on=True) == []
    assert world.wait(5) == []
    assert world.holder() == HILL


def test_a_carrier_that_opens_while_we_transmit_waits_until_it_can_be_somebody() -> None:
    world = with_radio()
    spurt = granted(world.request(MEDIC_7))
    world.air(HILL, AirState.KEYING)
    world.air(HILL, AirState.ON_AIR)
    assert world.carrier(HILL, on=True) == []
    world.release(MEDIC_7)
    assert world.holder() is None
    world.air(HILL, AirState.READY)
    assert world.wait(0.149) == []
    begun = world.wait(0.002)
    assert events(begun) == [FloorTaken(OPS, HILL, TalkspurtId(spurt + 1), 30_000)]


def test_the_squelch_tail_of_our_own_transmission_takes_no_floor() -> None:
    world = with_radio()
    world.request(MEDIC_7)
    world.air(HILL, AirState.ON_AIR)
    world.release(MEDIC_7)
    world.air(HILL, AirState.READY)
    world.wait(0.05)
    assert world.carrier(HILL, on=True) == []
    world.wait(0.05)
    assert world.carrier(HILL, on=False) == []
    assert world.wait(1) == []
    assert world.holder() is None


def kerchunk(world: World, seconds: float = 0.2) -> bool:
    """Key and say nothing; whether it took the floor."""
    world.carrier(HILL, on=True)
    taken = world.holder() == HILL
    world.wait(seconds)
    world.carrier(HILL, on=False)
    world.wait(1)
    return taken


def test_after_three_kerchunks_a_fourth_takes_no_floor() -> None:
    world = with_radio()
    assert [kerchunk(world) for _ in range(5)] == [True, True, True, False, False]


def test_who_talks_on_after_kerchunks_is_let_in_and_trusted_again() -> None:
    world = with_radio()
    for _ in range(4):
        kerchunk(world)
    world.carrier(HILL, on=True)
    assert world.holder() is None
    world.wait(0.41)
    assert world.holder() == HILL
    world.wait(2)
    world.carrier(HILL, on=False)
    world.wait(1)
    assert kerchunk(world)


def test_kerchunks_of_long_ago_are_forgotten() -> None:
    world = with_radio()
    for _ in range(4):
        kerchunk(world)
    world.wait(10)
    assert kerchunk(world)


def test_short_words_between_longer_ones_are_no_kerchunks() -> None:
    world = with_radio()
    assert all(kerchunk(world, seconds) for seconds in (0.2, 0.2, 1.5, 0.2, 0.2, 1.5))


def test_a_carrier_that_still_proves_itself_waits_while_we_transmit() -> None:
    world = with_radio()
    for _ in range(3):
        kerchunk(world)
    world.carrier(HILL, on=True)
    granted(world.request(MEDIC_7))
    world.air(HILL, AirState.ON_AIR)
    world.wait(1)
    assert world.holder() == MEDIC_7


def passed_on_tails(world: World, tail_s: float) -> int:
    """HILL says something, and both radios have this tail; how often a tail was passed on."""
    world.carrier(HILL, on=True)
    world.wait(1)
    passed = 0
    for talker, other in [(HILL, VALLEY), (VALLEY, HILL)] * 10:
        if world.holder() != talker:
            break
        world.air(other, AirState.ON_AIR)
        world.carrier(talker, on=False)
        world.wait(0.2)  # the hang
        world.air(other, AirState.READY)
        world.wait(0.02)
        world.carrier(other, on=True)
        world.wait(tail_s)
        passed += world.holder() == other
    return passed


def test_tails_within_the_gate_are_never_passed_on_between_two_radios() -> None:
    world = with_radio()
    world.radio(VALLEY)
    assert passed_on_tails(world, 0.1) == 0


@pytest.mark.parametrize("tail_s", [0.2, 0.5, 1.0, 3.0])
def test_two_radios_whose_tails_outlast_the_gate_do_not_answer_each_other_for_ever(tail_s: float) -> None:
    world = with_radio()
    world.radio(VALLEY)
    assert 0 < passed_on_tails(world, tail_s) < 12


def test_after_somebody_was_really_heard_a_radio_has_its_short_gate_again() -> None:
    world = with_radio()
    world.radio(VALLEY)
    passed_on_tails(world, 0.5)
    for radio in (HILL, VALLEY):
        world.carrier(radio, on=False)
    world.wait(6)
    world.carrier(VALLEY, on=True)
    assert world.holder() == VALLEY
    world.carrier(VALLEY, on=False)
    world.wait(0.2)
    world.request(MEDIC_7)
    world.air(VALLEY, AirState.ON_AIR)
    world.release(MEDIC_7)
    world.air(VALLEY, AirState.READY)
    world.wait(0.16)
    world.carrier(VALLEY, on=True)
    assert world.holder() == VALLEY


def test_a_bridge_that_denies_the_key_for_a_carrier_hands_it_the_floor_at_once() -> None:
    world = with_radio()
    world.request(MEDIC_7)
    world.air(HILL, AirState.KEYING)
    assert world.carrier(HILL, on=True) == []
    told = events(world.air(HILL, AirState.DENIED, AirWhy.CARRIER))
    assert told[0] == AirChanged(OPS, HILL, AirState.DENIED, AirWhy.CARRIER)
    assert [type(event) for event in told[1:]] == [FloorIdle, FloorTaken]
    assert world.holder() == HILL


def test_a_radio_talks_no_longer_than_its_own_limit_and_must_close_before_it_counts_again() -> None:
    world = with_radio(limit_ms=10_000)
    world.carrier(HILL, on=True)
    ended = world.wait(10)
    assert events(ended) == [FloorIdle(OPS, HILL, TalkspurtId(1), FloorEnd.TIMED_OUT)]
    assert world.wait(60) == []
    granted(world.request(MEDIC_7))
    world.carrier(HILL, on=False)
    world.carrier(HILL, on=True)
    assert world.holder() == HILL


def test_the_media_cores_limit_spends_a_carrier_too() -> None:
    world = with_radio()
    world.carrier(HILL, on=True)
    world.feed(TalkLimitHit(HILL, OPS, TalkspurtId(1)))
    assert world.holder() is None


def test_of_two_radios_the_first_talks_on_and_the_other_follows() -> None:
    world = with_radio()
    world.radio(VALLEY)
    world.carrier(HILL, on=True)
    assert world.carrier(VALLEY, on=True) == []
    world.carrier(HILL, on=False)
    followed = world.wait(0.2)
    assert [event.leg for event in events(followed) if isinstance(event, FloorTaken)] == [VALLEY]


def test_a_second_radio_that_came_first_into_the_room_follows_as_well() -> None:
    world = with_radio()
    world.radio(VALLEY)
    world.carrier(VALLEY, on=True)
    world.carrier(HILL, on=True)
    world.carrier(VALLEY, on=False)
    world.wait(0.2)
    assert world.holder() == HILL


def test_a_radio_has_no_say_in_a_broadcast_until_the_room_is_switched() -> None:
    world = World(DISPATCH_1)
    world.radio(HILL)
    world.switch(DISPATCH_1, RoomMode.BROADCAST)
    assert world.carrier(HILL, on=True) == []
    switched = world.switch(DISPATCH_1, RoomMode.TALKGROUP)
    assert isinstance(events(switched)[-1], FloorTaken)
    assert world.holder() == HILL


def test_in_an_open_room_a_radio_is_heard_while_its_carrier_counts() -> None:
    world = World(MEDIC_7, room=COMMAND)
    joined = world.radio(HILL, COMMAND)
    assert not [e for e in joined if isinstance(e, OpenGate)]
    opened = world.carrier(HILL, on=True)
    assert [type(e) for e in opened] == [OpenGate, Publish]
    assert events(opened) == [TalkerChanged(COMMAND, HILL, on=True)]
    world.carrier(HILL, on=False)
    shut = world.wait(0.2)
    assert shut == [ShutGate(COMMAND, HILL), Publish(COMMAND, TalkerChanged(COMMAND, HILL, on=False))]


def test_what_the_media_core_hears_of_a_radio_does_not_say_whether_it_talks() -> None:
    world = World(MEDIC_7, room=COMMAND)
    world.radio(HILL, COMMAND)
    world.carrier(HILL, on=True)
    assert world.feed(Talking(HILL, COMMAND, on=False)) == []


def test_in_an_open_room_a_radios_limit_shuts_it_until_it_closes() -> None:
    world = World(MEDIC_7, room=COMMAND)
    world.radio(HILL, COMMAND, limit_ms=10_000)
    (gate, _) = world.carrier(HILL, on=True)
    assert isinstance(gate, OpenGate)
    assert gate.limit_ms == 10_000
    shut = world.feed(TalkLimitHit(HILL, COMMAND, gate.talkspurt))
    assert events(shut) == [TalkerChanged(COMMAND, HILL, on=False)]
    assert world.wait(60) == []


def test_a_radio_that_talks_when_the_room_opens_is_heard_after_the_room_was_told() -> None:
    world = with_radio()
    world.carrier(HILL, on=True)
    told = events(world.switch(DISPATCH_1, RoomMode.CONFERENCE))
    assert [type(event).__name__ for event in told] == ["FloorIdle", "RoomModeChanged", "TalkerChanged"]


def test_the_room_is_told_of_a_transmitter_once() -> None:
    world = with_radio()
    assert events(world.air(HILL, AirState.KEYING)) == [AirChanged(OPS, HILL, AirState.KEYING, AirWhy.NONE)]
    assert world.air(HILL, AirState.KEYING) == []


def test_who_comes_later_sees_the_transmitter_and_the_talker() -> None:
    world = with_radio()
    world.carrier(HILL, on=True)
    assert events(world.feed(RadioTalker(HILL, "Unit 12"))) == [RadioTalkerNamed(OPS, HILL, "Unit 12")]
    view = world.switchboard.view(OPS, world.now)
    assert view is not None
    assert (view.members[-1].air, view.members[-1].talker) == (Air(AirState.READY), "Unit 12")
    world.carrier(HILL, on=False)
    world.wait(1)
    view = world.switchboard.view(OPS, world.now)
    assert view is not None
    assert view.members[-1].talker == ""


def test_a_name_without_a_carrier_is_nobodys() -> None:
    world = with_radio()
    assert world.feed(RadioTalker(HILL, "Unit 12")) == []


def test_a_radio_whose_media_breaks_talks_again_when_it_is_back() -> None:
    world = with_radio()
    world.carrier(HILL, on=True)
    world.feed(MediaDown(HILL, "closed"))
    assert world.holder() is None
    world.feed(MediaUp(HILL))
    assert world.holder() == HILL


def test_a_lost_radio_gives_the_floor_back_and_leaves_no_clock() -> None:
    world = with_radio()
    world.carrier(HILL, on=True)
    world.carrier(HILL, on=False)
    world.feed(LegLost(HILL, "shutdown"))
    assert world.holder() is None
    assert world.wait(1) == []
    assert world.carrier(HILL, on=True) == []


def test_a_limit_that_falls_due_with_a_hang_does_not_end_the_next_talkspurt() -> None:
    world = with_radio(limit_ms=10_000)
    world.radio(VALLEY)
    world.carrier(HILL, on=True)
    world.wait(9.85)
    world.carrier(VALLEY, on=True)
    world.carrier(HILL, on=False)
    world.now += 0.5  # both are overdue at once
    world.feed(RadioTalker(HILL, "late"))
    assert world.holder() == VALLEY
