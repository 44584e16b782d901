"""Rooms that are made while the gateway runs: by whom, who is told, and how they are closed again."""

from gateway.core.made_rooms import ROOMS_MADE_MAX
from gateway.model.effects import CancelCall, Effect, Tell
from gateway.model.events import ParticipantLeft, RoomGone, RoomMade
from gateway.model.ids import LegId, RoomId
from gateway.model.inputs import CallNumber, CreateRoom, DeleteRoom, JoinRoom
from gateway.model.participant import LegKind, Participant
from gateway.model.refusal import RefusalCode
from gateway.model.room import RoomMode, RoomSpec
from tests.unit.core.world import (
    DISPATCH_1,
    DISPATCHES,
    ENGINE_2,
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


def make(
    world: World,
    by: LegId = DISPATCH_1,
    *,
    mode: RoomMode = RoomMode.TALKGROUP,
    rooms: frozenset[RoomId] | None = None,
) -> list[Effect]:
    may = grants(DISPATCHES if by == DISPATCH_1 else TALKS, rooms)
    return world.feed(CreateRoom(world.next_id(), by, "Burst pipe", mode, may, world.at))


def close(world: World, room: RoomId, by: LegId = DISPATCH_1) -> list[Effect]:
    may = grants(DISPATCHES if by == DISPATCH_1 else TALKS)
    return world.feed(DeleteRoom(world.next_id(), by, room, may, world.at))


def made(effects: list[Effect]) -> RoomId:
    room = answer(effects).made
    assert room is not None
    return room


def code(effects: list[Effect]) -> RefusalCode | None:
    refusal = answer(effects).refusal
    return refusal.code if refusal else None


def told(effects: list[Effect]) -> dict[LegId, type]:
    return {e.leg: type(e.event) for e in effects if isinstance(e, Tell)}


def test_a_room_that_was_made_is_a_room_like_any_other() -> None:
    world = World(DISPATCH_1, MEDIC_7)
    room = made(make(world))
    world.join(MEDIC_7, room)
    granted(world.request(MEDIC_7, room))
    view = world.switchboard.view(room, world.now)
    assert view is not None
    assert (view.name, view.made, view.mode) == ("Burst pipe", True, RoomMode.TALKGROUP)


def test_a_conference_is_made_without_a_talk_limit() -> None:
    view = (world := World(DISPATCH_1)).switchboard.view(
        made(make(world, mode=RoomMode.CONFERENCE)), world.now
    )
    assert view is not None
    assert view.talk_limit_ms == 0


def test_whoever_may_see_it_and_is_in_a_room_is_told_and_the_maker_anyhow() -> None:
    world = World(DISPATCH_1, MEDIC_7)
    own = grants(TALKS, frozenset({OPS}))
    world.feed(
        JoinRoom(world.next_id(), WALL, OPS, Participant(WALL, "w", "", LegKind.BROWSER), own, world.at)
    )
    effects = make(world)
    assert told(effects) == {DISPATCH_1: RoomMade, MEDIC_7: RoomMade}
    (spec, *_) = [e.event.spec for e in effects if isinstance(e, Tell) and isinstance(e.event, RoomMade)]
    assert spec == RoomSpec(made(effects), "Burst pipe", made=True)


def test_nobody_makes_one_without_the_dispatch_right_in_every_room() -> None:
    world = World(DISPATCH_1, ENGINE_2)
    assert code(make(world, ENGINE_2)) is RefusalCode.NOT_ALLOWED
    assert code(make(world, rooms=frozenset({OPS}))) is RefusalCode.NOT_ALLOWED


def test_there_is_a_bound_and_a_closed_room_makes_place_under_another_name() -> None:
    world = World(DISPATCH_1)
    rooms = [made(make(world)) for _ in range(ROOMS_MADE_MAX)]
    assert code(make(world)) is RefusalCode.TOO_MANY
    close(world, rooms[0])
    assert made(make(world)) not in rooms


def test_a_room_in_which_somebody_else_is_left_is_not_closed() -> None:
    world = World(DISPATCH_1, MEDIC_7)
    room = made(make(world))
    world.join(MEDIC_7, room)
    assert code(close(world, room)) is RefusalCode.ROOM_IN_USE
    assert MEDIC_7 in world.people(room)


def test_dispatchers_are_let_go_when_it_is_closed_and_its_calls_end() -> None:
    world = World(DISPATCH_1)
    room = made(make(world))
    world.join(DISPATCH_1, room, DISPATCHES, monitor=True)
    call = answer(world.feed(CallNumber(world.next_id(), DISPATCH_1, room, "101", world.at))).call
    assert call is not None
    effects = close(world, room)
    assert ParticipantLeft(room, DISPATCH_1, "closed") in events(effects)
    assert CancelCall(call) in effects
    assert told(effects) == {DISPATCH_1: RoomGone}
    assert world.switchboard.view(room, world.now) is None
    assert DISPATCH_1 in world.people(OPS)


def test_what_is_configured_or_unknown_is_not_closed() -> None:
    world = World(DISPATCH_1, MEDIC_7)
    assert code(close(world, OPS)) is RefusalCode.ROOM_CONFIGURED
    assert code(close(world, RoomId("nowhere"))) is RefusalCode.UNKNOWN_ROOM
    assert code(close(world, RoomId("nowhere"), MEDIC_7)) is RefusalCode.NOT_ALLOWED
