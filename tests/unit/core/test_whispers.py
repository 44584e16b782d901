"""A dispatcher speaks to one member alone: who hears it, what it may not disturb, and how it ends."""

from collections.abc import Callable

import pytest

from gateway.model.effects import Effect, JoinMedia, LeaveMedia, OpenGate, ShutGate, Tell
from gateway.model.events import FloorEnd, WhisperChanged
from gateway.model.grants import Verb
from gateway.model.ids import LegId, RoomId
from gateway.model.inputs import JoinRoom, LegLost, MediaDown, MediaUp, MuteMember, TalkLimitHit, WhisperTo
from gateway.model.participant import LegKind, Participant
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

PLACE = RoomId("whisper:0")
SETTLED_S = 0.71


def whisper(
    world: World, to: LegId = MEDIC_7, *, on: bool = True, by: LegId = DISPATCH_1, room: RoomId = OPS
) -> list[Effect]:
    return world.feed(WhisperTo(world.next_id(), by, room, to, on, world.at))


def told(effects: list[Effect], leg: LegId) -> list[WhisperChanged]:
    return [
        e.event
        for e in effects
        if isinstance(e, Tell) and e.leg == leg and isinstance(e.event, WhisperChanged)
    ]


def code(effects: list[Effect]) -> RefusalCode | None:
    refusal = answer(effects).refusal
    return refusal.code if refusal else None


def ended(effects: list[Effect]) -> list[FloorEnd | None]:
    """Why, as both are told."""
    why = [one.why for one in told(effects, MEDIC_7) if not one.on]
    assert why == [one.why for one in told(effects, DISPATCH_1) if not one.on]
    assert not why or ShutGate(PLACE, DISPATCH_1) in effects
    return why


def test_one_member_hears_it_and_is_told_by_whom_and_nobody_else_is_told_anything() -> None:
    world = World(MEDIC_7, ENGINE_2, DISPATCH_1)
    effects = whisper(world)
    hears = [(e.leg, e.hear) for e in effects if isinstance(e, JoinMedia) and e.room == PLACE]
    assert hears == [(MEDIC_7, True), (DISPATCH_1, False)]
    assert [(e.room, e.leg, e.limit_ms) for e in effects if isinstance(e, OpenGate)] == [
        (PLACE, DISPATCH_1, 30_000)
    ]
    begun = WhisperChanged(OPS, DISPATCH_1, MEDIC_7, on=True)
    assert (told(effects, MEDIC_7), told(effects, DISPATCH_1)) == ([begun], [begun])
    assert (told(effects, ENGINE_2), events(effects)) == ([], [])
    assert (answer(effects).limit_ms, world.holder()) == (30_000, None)


def test_the_rooms_floor_goes_on_under_a_whisper_to_who_holds_it() -> None:
    world = World(MEDIC_7, ENGINE_2, DISPATCH_1)
    granted(world.request(MEDIC_7))
    begun = whisper(world)
    assert world.holder() == MEDIC_7
    assert not [e for e in begun if isinstance(e, OpenGate | ShutGate | LeaveMedia) and e.room == OPS]
    world.release(MEDIC_7)
    granted(world.request(ENGINE_2))
    assert ended(whisper(world, on=False)) == [FloorEnd.RELEASED]
    assert world.holder() == ENGINE_2


def test_letting_go_ends_it_once_and_both_leave_the_place() -> None:
    world = World(MEDIC_7, DISPATCH_1)
    whisper(world)
    over = whisper(world, on=False)
    assert [e for e in over if isinstance(e, ShutGate | LeaveMedia)] == [
        ShutGate(PLACE, DISPATCH_1),
        LeaveMedia(PLACE, DISPATCH_1),
        LeaveMedia(PLACE, MEDIC_7),
    ]
    again = whisper(world, on=False)
    assert (code(again), len(again)) == (None, 1)


def test_until_its_last_words_have_settled_the_whisperer_is_let_in_nowhere() -> None:
    world = World(MEDIC_7, ENGINE_2, DISPATCH_1)
    whisper(world)
    during = world.request(DISPATCH_1)
    assert (code(during), ShutGate(OPS, DISPATCH_1) in during) == (RefusalCode.WHISPERING, True)
    whisper(world, on=False)
    behind = world.request(DISPATCH_1)
    assert (code(behind), answer(behind).wait_ms) == (RefusalCode.WHISPERING, 700)
    assert code(whisper(world, ENGINE_2)) is RefusalCode.WHISPERING
    world.wait(SETTLED_S)
    granted(world.request(DISPATCH_1))
    assert world.switchboard.timers == 4  # three grants and the talkspurt: nothing is left of the whisper


def test_a_room_that_opens_meanwhile_hears_the_whisperer_only_when_it_has_settled() -> None:
    world = World(MEDIC_7, DISPATCH_1)
    whisper(world)
    opened = world.switch(DISPATCH_1, RoomMode.CONFERENCE)
    world.join(DISPATCH_1, COMMAND, DISPATCHES)
    assert [e.leg for e in opened if isinstance(e, OpenGate)] == [MEDIC_7]
    assert not [e for e in whisper(world, on=False) if isinstance(e, OpenGate)]
    settled = world.wait(SETTLED_S)
    assert {(e.room, e.leg) for e in settled if isinstance(e, OpenGate)} == {
        (OPS, DISPATCH_1),
        (COMMAND, DISPATCH_1),
    }


ENDS: dict[str, tuple[Callable[[World], list[Effect]], FloorEnd]] = {
    "the limit in the core": (lambda world: world.wait(30), FloorEnd.TIMED_OUT),
    "the member leaves": (lambda world: world.leave(MEDIC_7), FloorEnd.LEFT),
    "the whisperer leaves": (lambda world: world.leave(DISPATCH_1), FloorEnd.LEFT),
    "the member is lost": (lambda world: world.feed(LegLost(MEDIC_7, "link")), FloorEnd.LEG_LOST),
    "the whisperer is lost": (lambda world: world.feed(LegLost(DISPATCH_1, "link")), FloorEnd.LEG_LOST),
    "the member's media ends": (lambda world: world.feed(MediaDown(MEDIC_7, "consent")), FloorEnd.LEG_LOST),
    "the whisperer's media ends": (
        lambda world: world.feed(MediaDown(DISPATCH_1, "consent")),
        FloorEnd.LEG_LOST,
    ),
    "the whisperer is muted": (
        lambda world: world.feed(
            MuteMember(world.next_id(), DISPATCH_1, OPS, DISPATCH_1, muted=True, at=world.at)
        ),
        FloorEnd.MUTED,
    ),
    "the member comes by another right": (lambda world: world.join(MEDIC_7), FloorEnd.LEFT),
}


@pytest.mark.parametrize("how", ENDS)
def test_it_ends_and_both_are_told_why(how: str) -> None:
    world = World(MEDIC_7, DISPATCH_1)
    whisper(world)
    happens, why = ENDS[how]
    assert ended(happens(world)) == [why]


def test_the_media_cores_own_limit_ends_it_and_a_late_one_does_not_end_the_next() -> None:
    world = World(MEDIC_7, DISPATCH_1)
    first = granted(whisper(world))
    assert ended(world.feed(TalkLimitHit(DISPATCH_1, PLACE, first))) == [FloorEnd.TIMED_OUT]
    world.wait(SETTLED_S)
    whisper(world)
    assert world.feed(TalkLimitHit(DISPATCH_1, PLACE, first)) == []


def test_who_wants_to_be_heard_in_an_open_room_is_told_that_it_is_not_yet() -> None:
    world = World(MEDIC_7, DISPATCH_1)
    world.join(DISPATCH_1, COMMAND, DISPATCHES, monitor=True)
    whisper(world)
    whisper(world, on=False)
    refused = world.join(DISPATCH_1, COMMAND, DISPATCHES)
    assert (code(refused), answer(refused).wait_ms) == (RefusalCode.WHISPERING, 700)
    world.wait(SETTLED_S)
    spoke = world.join(DISPATCH_1, COMMAND, DISPATCHES)
    assert [e.leg for e in spoke if isinstance(e, OpenGate)] == [DISPATCH_1]


def test_who_is_heard_in_a_room_or_waits_to_be_may_not_whisper() -> None:
    world = World(MEDIC_7, ENGINE_2, DISPATCH_1)
    granted(world.request(DISPATCH_1))
    held = whisper(world)
    assert (code(held), len(held)) == (RefusalCode.TALKING, 1)
    world.release(DISPATCH_1)
    granted(world.request(ENGINE_2))
    world.request(DISPATCH_1, waits=True)
    assert code(whisper(world)) is RefusalCode.TALKING
    world.release(DISPATCH_1)
    world.join(DISPATCH_1, COMMAND, DISPATCHES)
    assert code(whisper(world)) is RefusalCode.TALKING
    world.join(DISPATCH_1, COMMAND, DISPATCHES, monitor=True)
    assert code(whisper(world)) is None


def test_a_radio_is_everybody_on_its_frequency_and_a_player_is_nobody_one_knows() -> None:
    world = World(DISPATCH_1)
    world.radio(HILL)
    world.feed(MediaUp(WALL))
    player = Participant(WALL, "wall", "", LegKind.WHEP)
    world.feed(JoinRoom(world.next_id(), WALL, OPS, player, grants(TALKS), world.at))
    for leg in (HILL, WALL):
        refused = whisper(world, leg)
        assert (code(refused), ShutGate(OPS, DISPATCH_1) in refused) == (RefusalCode.OVERHEARD, True)


def test_a_phone_is_whispered_to_like_a_page() -> None:
    world = World(DISPATCH_1)
    world.feed(MediaUp(MEDIC_7))
    phone = Participant(MEDIC_7, "1001", "", LegKind.PHONE)
    world.feed(JoinRoom(world.next_id(), MEDIC_7, OPS, phone, grants(TALKS), world.at))
    assert JoinMedia(PLACE, MEDIC_7, hear=True) in whisper(world)


def test_only_a_dispatcher_who_may_talk_whispers_and_only_to_a_member_who_hears() -> None:
    world = World(MEDIC_7, ENGINE_2)
    world.feed(MediaUp(DISPATCH_1))
    assert code(whisper(world)) is RefusalCode.NOT_IN_ROOM
    world.join(DISPATCH_1, OPS, frozenset({Verb.LISTEN, Verb.DISPATCH}))
    assert code(whisper(world)) is RefusalCode.NOT_ALLOWED
    world.join(DISPATCH_1, OPS, DISPATCHES)
    assert code(whisper(world, ENGINE_2, by=MEDIC_7)) is RefusalCode.NOT_ALLOWED
    assert code(whisper(world, LegId("nobody"), by=MEDIC_7)) is RefusalCode.NOT_ALLOWED
    assert code(whisper(world, LegId("nobody"))) is RefusalCode.UNKNOWN_MEMBER
    assert code(whisper(world, DISPATCH_1)) is RefusalCode.INVALID
    world.feed(MediaDown(ENGINE_2, "consent"))
    assert code(whisper(world, ENGINE_2)) is RefusalCode.NO_MEDIA


def test_a_second_dispatcher_does_not_whisper_into_the_same_ear() -> None:
    world = World(MEDIC_7, DISPATCH_1)
    world.feed(MediaUp(ENGINE_2))
    world.join(ENGINE_2, OPS, DISPATCHES)
    whisper(world)
    assert code(whisper(world, by=ENGINE_2)) is RefusalCode.WHISPERING
    back = whisper(world, DISPATCH_1, by=ENGINE_2)
    assert [e.room for e in back if isinstance(e, OpenGate)] == [RoomId("whisper:1")]


def test_in_a_broadcast_room_it_goes_to_one_as_anywhere() -> None:
    world = World(MEDIC_7, DISPATCH_1, room=AIR)
    assert code(whisper(world, room=AIR)) is None
