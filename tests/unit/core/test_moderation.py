"""A dispatcher mutes or removes a member: what that ends, and what it does not."""

import pytest

from gateway.model.effects import Effect, EndLeg, LeaveMedia, OpenGate, ShutGate
from gateway.model.events import FloorEnd, FloorIdle, FloorTaken, MemberMuted, ParticipantLeft
from gateway.model.ids import LegId, RoomId
from gateway.model.inputs import MediaDown, MediaUp, MuteMember, RemoveMember
from gateway.model.refusal import RefusalCode
from gateway.model.room import RoomMode
from tests.unit.core.world import (
    COMMAND,
    DISPATCH_1,
    DISPATCHES,
    ENGINE_2,
    HILL,
    MEDIC_7,
    OPS,
    World,
    answer,
    events,
    granted,
)


def remove(world: World, member: LegId, by: LegId = DISPATCH_1, room: RoomId = OPS) -> list[Effect]:
    return world.feed(RemoveMember(world.next_id(), by, room, member, world.at))


def mute(
    world: World, member: LegId, *, muted: bool = True, by: LegId = DISPATCH_1, room: RoomId = OPS
) -> list[Effect]:
    return world.feed(MuteMember(world.next_id(), by, room, member, muted, world.at))


def code(effects: list[Effect]) -> RefusalCode | None:
    refusal = answer(effects).refusal
    return refusal.code if refusal else None


def test_who_is_muted_in_the_middle_of_a_word_loses_the_floor_at_once() -> None:
    world = World(MEDIC_7, DISPATCH_1)
    talkspurt = granted(world.request(MEDIC_7))
    effects = mute(world, MEDIC_7)
    assert ShutGate(OPS, MEDIC_7) in effects
    assert events(effects) == [
        FloorIdle(OPS, MEDIC_7, talkspurt, FloorEnd.MUTED),
        MemberMuted(OPS, MEDIC_7, muted=True, by=DISPATCH_1),
    ]
    assert world.switchboard.timers == 2  # the two members' grants: no talk limit waits any more


def test_the_press_of_a_muted_member_is_denied_with_its_own_reason_and_what_it_said_is_dropped() -> None:
    world = World(MEDIC_7, DISPATCH_1)
    mute(world, MEDIC_7)
    pressed = world.request(MEDIC_7)
    assert code(pressed) is RefusalCode.MUTED
    assert ShutGate(OPS, MEDIC_7) in pressed
    mute(world, MEDIC_7, muted=False)
    granted(world.request(MEDIC_7))


def test_in_an_open_room_a_muted_microphone_stays_shut_over_new_media_and_a_new_mode() -> None:
    world = World(MEDIC_7, DISPATCH_1, room=COMMAND)
    assert ShutGate(COMMAND, MEDIC_7) in mute(world, MEDIC_7, room=COMMAND)
    world.feed(MediaDown(MEDIC_7, "consent"))
    back = world.feed(MediaUp(MEDIC_7))
    world.join(MEDIC_7, COMMAND)
    world.switch(DISPATCH_1, RoomMode.TALKGROUP, COMMAND)
    opened = world.switch(DISPATCH_1, RoomMode.CONFERENCE, COMMAND)
    assert [e.leg for e in [*back, *opened] if isinstance(e, OpenGate)] == [DISPATCH_1]
    unmuted = mute(world, MEDIC_7, muted=False, room=COMMAND)
    assert [e.leg for e in unmuted if isinstance(e, OpenGate)] == [MEDIC_7]


@pytest.mark.parametrize("room", [OPS, COMMAND])
def test_the_carrier_of_a_muted_radio_is_not_relayed_until_it_is_unmuted(room: RoomId) -> None:
    world = World(DISPATCH_1, room=room)
    world.radio(HILL, room)
    world.carrier(HILL, on=True)
    assert ShutGate(room, HILL) in mute(world, HILL, room=room)
    world.carrier(HILL, on=False)
    world.wait(1)
    heard = world.carrier(HILL, on=True)
    assert not [e for e in heard if isinstance(e, OpenGate)]
    assert world.holder(room) is None
    unmuted = mute(world, HILL, muted=False, room=room)
    assert [e.leg for e in unmuted if isinstance(e, OpenGate)] == [HILL]


def test_the_roster_says_who_is_muted_and_the_same_order_twice_is_told_once() -> None:
    world = World(MEDIC_7, DISPATCH_1)
    mute(world, MEDIC_7)
    again = mute(world, MEDIC_7)
    assert (code(again), events(again)) == (None, [])
    view = world.switchboard.view(OPS, world.now)
    assert view is not None
    assert {m.participant.leg for m in view.members if m.muted} == {MEDIC_7}


def test_a_removed_member_leaves_with_that_reason_and_its_leg_is_ended_last() -> None:
    world = World(MEDIC_7, DISPATCH_1)
    talkspurt = granted(world.request(MEDIC_7))
    effects = remove(world, MEDIC_7)
    assert events(effects) == [
        FloorIdle(OPS, MEDIC_7, talkspurt, FloorEnd.LEFT),
        ParticipantLeft(OPS, MEDIC_7, "removed"),
    ]
    assert LeaveMedia(OPS, MEDIC_7) in effects
    assert effects[-1] == EndLeg(MEDIC_7, "removed")
    assert world.people() == [DISPATCH_1]


def test_who_is_removed_from_one_room_stays_in_the_other() -> None:
    world = World(MEDIC_7, DISPATCH_1)
    world.join(MEDIC_7, COMMAND)
    effects = remove(world, MEDIC_7)
    assert not [e for e in effects if isinstance(e, EndLeg)]
    assert world.people(COMMAND) == [MEDIC_7]


def test_a_radio_channel_cannot_be_removed_and_is_told_why() -> None:
    world = World(DISPATCH_1)
    world.radio(HILL)
    refused = remove(world, HILL)
    assert code(refused) is RefusalCode.NOT_REMOVABLE
    assert HILL in world.people()


def test_nobody_is_muted_or_removed_without_the_dispatch_right() -> None:
    world = World(MEDIC_7, ENGINE_2)
    granted(world.request(ENGINE_2))
    assert code(mute(world, ENGINE_2, by=MEDIC_7)) is RefusalCode.NOT_ALLOWED
    assert code(remove(world, ENGINE_2, by=MEDIC_7)) is RefusalCode.NOT_ALLOWED
    # Without the right one does not learn who is there either.
    assert code(remove(world, LegId("nobody"), by=MEDIC_7)) is RefusalCode.NOT_ALLOWED
    assert world.holder() == ENGINE_2


def test_a_dispatcher_of_another_room_reaches_nobody_here() -> None:
    world = World(MEDIC_7)
    world.feed(MediaUp(DISPATCH_1))
    world.join(DISPATCH_1, COMMAND, DISPATCHES)
    assert code(remove(world, MEDIC_7)) is RefusalCode.NOT_IN_ROOM
    assert code(mute(world, MEDIC_7)) is RefusalCode.NOT_IN_ROOM


def test_whoever_has_left_already_is_no_member() -> None:
    world = World(MEDIC_7, DISPATCH_1)
    world.leave(MEDIC_7)
    assert code(remove(world, MEDIC_7)) is RefusalCode.UNKNOWN_MEMBER
    assert code(mute(world, MEDIC_7)) is RefusalCode.UNKNOWN_MEMBER


def test_a_muted_member_that_takes_no_floor_leaves_it_to_the_next() -> None:
    world = World(MEDIC_7, ENGINE_2, DISPATCH_1)
    granted(world.request(MEDIC_7))
    mute(world, MEDIC_7)
    taken = [e for e in events(world.request(ENGINE_2)) if isinstance(e, FloorTaken)]
    assert [one.leg for one in taken] == [ENGINE_2]
