"""A dispatcher takes a member to another room: what it brings along, what it leaves behind, who may do it."""

from dataclasses import replace

from gateway.model.effects import Effect, EndLeg, JoinMedia, LeaveMedia, OpenGate, Publish, Tell
from gateway.model.events import (
    AirChanged,
    FloorEnd,
    FloorIdle,
    FloorTaken,
    MemberMoved,
    ParticipantJoined,
    ParticipantLeft,
)
from gateway.model.grants import Grants
from gateway.model.ids import LegId, RoomId
from gateway.model.inputs import FloorRequest, JoinRoom, MediaUp, MoveMember
from gateway.model.participant import LegKind, Participant
from gateway.model.radio import AirState, AirWhy
from gateway.model.refusal import RefusalCode
from gateway.model.room import RoomMode
from tests.unit.core.world import (
    AIR,
    COMMAND,
    DISPATCH_1,
    DISPATCHES,
    ENGINE_2,
    HILL,
    MEDIC_7,
    OPS,
    TALKS,
    WALL,
    World,
    answer,
    events,
    granted,
    grants,
)

CALLER = LegId("caller")


def of_one_room(world: World, leg: LegId, room: RoomId = OPS) -> Grants:
    """Somebody whose right ends at this room's door."""
    world.feed(MediaUp(leg))
    own = replace(grants(DISPATCHES), rooms=frozenset({room}))
    world.feed(
        JoinRoom(world.next_id(), leg, room, Participant(leg, "Ann", "", LegKind.PHONE), own, world.at)
    )
    return own


def staffed(*legs: LegId) -> World:
    """A dispatcher in all three rooms; the others in the first."""
    world = World(DISPATCH_1, *legs)
    for room in (COMMAND, AIR):
        world.join(DISPATCH_1, room, DISPATCHES, monitor=True)
    return world


def move(
    world: World, member: LegId, to: RoomId = COMMAND, room: RoomId = OPS, by: LegId = DISPATCH_1
) -> list[Effect]:
    return world.feed(MoveMember(world.next_id(), by, room, member, to, world.at))


def code(effects: list[Effect]) -> RefusalCode | None:
    refusal = answer(effects).refusal
    return refusal.code if refusal else None


def test_who_is_moved_is_out_of_the_one_room_and_heard_in_the_other_at_once_and_its_leg_lives() -> None:
    world = staffed(MEDIC_7)
    effects = move(world, MEDIC_7)
    media = [e for e in effects if isinstance(e, LeaveMedia | JoinMedia | OpenGate)]
    assert [(type(e), e.room) for e in media] == [
        (LeaveMedia, OPS),
        (JoinMedia, COMMAND),
        (OpenGate, COMMAND),
    ]
    assert (MEDIC_7 in world.people(OPS), MEDIC_7 in world.people(COMMAND)) == (False, True)
    assert not [e for e in effects if isinstance(e, EndLeg)]


def test_it_is_told_where_to_before_it_is_told_that_it_left() -> None:
    world = staffed(MEDIC_7)
    told = [e.event for e in move(world, MEDIC_7) if isinstance(e, Tell | Publish)]
    moved, left, *_ = [event for event in told if isinstance(event, MemberMoved | ParticipantLeft)]
    assert isinstance(moved, MemberMoved)
    assert (moved.leg, moved.room, moved.to) == (MEDIC_7, OPS, COMMAND)
    assert left == ParticipantLeft(OPS, MEDIC_7, "moved")


def test_a_talkspurt_ends_with_the_move_and_the_floor_is_free() -> None:
    world = staffed(MEDIC_7)
    talkspurt = granted(world.request(MEDIC_7))
    assert FloorIdle(OPS, MEDIC_7, talkspurt, FloorEnd.LEFT) in events(move(world, MEDIC_7))
    assert world.holder() is None


def test_who_has_no_right_there_takes_part_on_the_movers_but_commands_nothing() -> None:
    world = staffed()
    own = of_one_room(world, CALLER)
    (told,) = [e.event for e in move(world, CALLER, AIR) if isinstance(e, Tell)]
    assert isinstance(told, MemberMoved)
    assert told.grants == replace(own, verbs=TALKS, rooms=frozenset({AIR}))
    refused = world.feed(FloorRequest(world.next_id(), CALLER, AIR, world.at))
    assert code(refused) is RefusalCode.NOT_ALLOWED  # a broadcast is the dispatchers'


def test_what_was_lent_ends_when_the_own_right_would() -> None:
    world = staffed()
    own = replace(of_one_room(world, CALLER), expires_at=world.at + 60)
    participant = Participant(CALLER, "Ann", "", LegKind.PHONE)
    world.feed(JoinRoom(world.next_id(), CALLER, OPS, participant, own, world.at))
    move(world, CALLER)
    assert EndLeg(CALLER, "expired") in world.wait(61)


def test_a_radio_comes_as_it_is_and_who_talks_on_the_air_is_heard_in_the_other_room() -> None:
    world = staffed()
    world.radio(HILL)
    world.switch(DISPATCH_1, RoomMode.TALKGROUP, AIR)
    world.carrier(HILL, on=True)
    assert world.holder(OPS) == HILL
    effects = move(world, HILL, AIR)
    assert AirChanged(AIR, HILL, AirState.READY, AirWhy.NONE) in events(effects)
    assert [e.room for e in events(effects) if isinstance(e, FloorTaken)] == [AIR]
    assert (world.holder(OPS), world.holder(AIR)) == (None, HILL)
    world.carrier(HILL, on=False)
    world.wait(1)
    assert world.holder(AIR) is None


def test_the_mover_must_be_in_both_rooms() -> None:
    world = World(DISPATCH_1, MEDIC_7)
    assert code(move(world, MEDIC_7)) is RefusalCode.NOT_IN_ROOM
    assert code(move(world, MEDIC_7, RoomId("nowhere"))) is RefusalCode.NOT_IN_ROOM
    assert MEDIC_7 in world.people(OPS)


def test_nobody_moves_without_the_dispatch_right() -> None:
    world = staffed(MEDIC_7, ENGINE_2)
    world.join(ENGINE_2, COMMAND)
    assert code(move(world, MEDIC_7, by=ENGINE_2)) is RefusalCode.NOT_ALLOWED


def test_who_is_gone_or_there_already_is_not_moved() -> None:
    world = staffed(MEDIC_7)
    world.join(MEDIC_7, COMMAND)
    assert code(move(world, LegId("nobody"))) is RefusalCode.UNKNOWN_MEMBER
    assert code(move(world, MEDIC_7)) is RefusalCode.INVALID


def test_a_full_room_takes_nobody_and_the_member_stays_where_it_is() -> None:
    world = World(DISPATCH_1, MEDIC_7, ENGINE_2, WALL)  # four: as many as the first room takes
    world.join(DISPATCH_1, COMMAND, DISPATCHES)
    world.feed(MediaUp(CALLER))
    world.join(CALLER, COMMAND)
    assert code(move(world, CALLER, OPS, room=COMMAND)) is RefusalCode.ROOM_FULL
    assert CALLER in world.people(COMMAND)


def test_there_and_back_twice_leaves_nothing_over() -> None:
    world = staffed(MEDIC_7)
    before = world.switchboard.timers
    for _ in range(2):
        move(world, MEDIC_7)
        back = move(world, MEDIC_7, OPS, room=COMMAND)
        assert [e for e in events(back) if isinstance(e, ParticipantJoined)]
    assert world.switchboard.timers == before
    granted(world.request(MEDIC_7))
