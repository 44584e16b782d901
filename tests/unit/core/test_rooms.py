"""Joining, leaving, and what is opened and shut when a room is switched live."""

from gateway.core.presence import ANSWERS_KEPT
from gateway.model.effects import Effect, JoinMedia, LeaveMedia, OpenGate, Publish, ShutGate
from gateway.model.events import (
    FloorEnd,
    FloorIdle,
    MediaChanged,
    ParticipantJoined,
    ParticipantLeft,
    RoomModeChanged,
    TalkerChanged,
)
from gateway.model.grants import Verb
from gateway.model.ids import CommandId, LegId, RoomId, TalkspurtId
from gateway.model.inputs import FloorRelease, FloorRequest, JoinRoom, LegLost, MediaDown, MediaUp, Talking
from gateway.model.participant import LegKind, Participant
from gateway.model.refusal import RefusalCode
from gateway.model.room import RoomMode
from tests.unit.core.world import (
    AIR,
    COMMAND,
    DISPATCH_1,
    DISPATCHES,
    ENGINE_2,
    LISTENS,
    MEDIC_7,
    OPS,
    WALL,
    World,
    answer,
    events,
    granted,
    grants,
)


def code(effects: list[Effect]) -> RefusalCode | None:
    refusal = answer(effects).refusal
    return refusal.code if refusal else None


def opened(effects: list[Effect]) -> list[LegId]:
    return [effect.leg for effect in effects if isinstance(effect, OpenGate)]


def test_a_leg_whose_media_is_up_hears_the_room_it_joins() -> None:
    world = World()
    world.feed(MediaUp(MEDIC_7))
    assert JoinMedia(OPS, MEDIC_7, hear=True) in world.join(MEDIC_7)


def test_a_leg_whose_media_comes_up_later_hears_the_room_from_then_on() -> None:
    world = World()
    joined = world.join(MEDIC_7)
    assert not [e for e in joined if isinstance(e, JoinMedia)]
    assert world.feed(MediaUp(MEDIC_7)) == [
        JoinMedia(OPS, MEDIC_7, hear=True),
        Publish(OPS, MediaChanged(OPS, MEDIC_7, up=True)),
    ]


def test_a_leg_that_may_only_talk_joins_without_hearing() -> None:
    world = World()
    world.feed(MediaUp(MEDIC_7))
    assert JoinMedia(OPS, MEDIC_7, hear=False) in world.join(MEDIC_7, verbs=frozenset({Verb.TALK}))


def test_the_room_is_told_who_came_and_who_went() -> None:
    world = World(MEDIC_7)
    (joined,) = [e for e in events(world.join(ENGINE_2)) if isinstance(e, ParticipantJoined)]
    assert joined.participant.leg == ENGINE_2
    assert ParticipantLeft(OPS, ENGINE_2, "left") in events(world.leave(ENGINE_2))


def test_a_lost_leg_leaves_every_room_it_was_in() -> None:
    world = World(MEDIC_7)
    world.join(MEDIC_7, COMMAND)
    lost = world.feed(LegLost(MEDIC_7, "link"))
    assert [e.room for e in events(lost) if isinstance(e, ParticipantLeft)] == [OPS, COMMAND]
    assert [e for e in lost if isinstance(e, LeaveMedia)] == [
        LeaveMedia(OPS, MEDIC_7),
        LeaveMedia(COMMAND, MEDIC_7),
    ]


def test_nothing_is_kept_of_a_lost_leg() -> None:
    world = World()
    before = world.switchboard.digest()
    world.join(MEDIC_7)
    world.request(MEDIC_7)
    world.feed(LegLost(MEDIC_7, "link"))
    assert world.switchboard.digest() == before


def test_one_more_than_the_capacity_is_refused() -> None:
    world = World(MEDIC_7, ENGINE_2, DISPATCH_1, WALL)
    assert code(world.join(LegId("fifth"))) is RefusalCode.ROOM_FULL


def test_a_full_room_lets_a_participant_renew_its_grants() -> None:
    world = World(MEDIC_7, ENGINE_2, DISPATCH_1, WALL)
    renewed = world.join(WALL)
    assert answer(renewed).refusal is None
    assert not [e for e in events(renewed) if isinstance(e, ParticipantJoined)]


def test_a_participant_who_renews_its_grants_stays_who_it_is() -> None:
    world = World(MEDIC_7)
    before = world.switchboard.view(OPS, world.now)
    renamed = Participant(MEDIC_7, "somebody else", "", LegKind.PHONE)
    world.feed(JoinRoom(world.next_id(), MEDIC_7, OPS, renamed, grants(), world.at))
    assert world.switchboard.view(OPS, world.now) == before


def test_a_participant_of_another_leg_is_refused() -> None:
    world = World()
    stranger = Participant(ENGINE_2, "somebody", "", LegKind.BROWSER)
    refused = world.feed(JoinRoom(world.next_id(), MEDIC_7, OPS, stranger, grants(), world.at))
    assert code(refused) is RefusalCode.INVALID


def test_an_unknown_room_is_refused_by_its_own_code() -> None:
    assert code(World().join(MEDIC_7, RoomId("nowhere"))) is RefusalCode.UNKNOWN_ROOM


def test_a_command_for_a_room_one_is_not_in_is_refused() -> None:
    world = World(MEDIC_7)
    assert code(world.request(MEDIC_7, COMMAND)) is RefusalCode.NOT_IN_ROOM
    assert code(world.leave(ENGINE_2)) is RefusalCode.NOT_IN_ROOM


def test_a_repeated_command_gets_the_first_answer_and_changes_nothing() -> None:
    world = World(MEDIC_7, ENGINE_2)
    world.request(MEDIC_7)
    request, _ = world.inputs[-1]
    first = answer(world.feed(request))
    world.release(MEDIC_7)
    assert world.feed(request) == [first]
    assert world.holder() is None


def test_as_many_answers_are_remembered_as_the_bound_says() -> None:
    world = World(MEDIC_7)
    first = FloorRelease(CommandId(1000), MEDIC_7, COMMAND)
    assert code(world.feed(first)) is RefusalCode.NOT_IN_ROOM
    world.join(MEDIC_7, COMMAND)
    for _ in range(ANSWERS_KEPT - 2):
        world.release(MEDIC_7)
    assert code(world.feed(first)) is RefusalCode.NOT_IN_ROOM
    world.release(MEDIC_7)
    assert code(world.feed(first)) is None


def test_the_same_command_id_of_another_leg_is_another_command() -> None:
    world = World(MEDIC_7, ENGINE_2)
    number = CommandId(77)
    assert answer(world.feed(FloorRequest(number, MEDIC_7, OPS, world.at))).refusal is None
    assert code(world.feed(FloorRequest(number, ENGINE_2, OPS, world.at))) is RefusalCode.FLOOR_BUSY


def test_in_an_open_room_whoever_may_talk_is_heard_without_asking() -> None:
    world = World()
    world.feed(MediaUp(MEDIC_7))
    assert OpenGate(COMMAND, MEDIC_7, TalkspurtId(1), 0) in world.join(MEDIC_7, COMMAND)


def test_in_an_open_room_whoever_may_only_listen_is_not_heard() -> None:
    world = World()
    world.feed(MediaUp(WALL))
    assert not [e for e in world.join(WALL, COMMAND, LISTENS) if isinstance(e, OpenGate)]


def test_who_only_monitors_an_open_room_is_not_heard_there_until_it_joins_to_speak() -> None:
    world = World()
    world.feed(MediaUp(MEDIC_7))
    assert not opened(world.join(MEDIC_7, COMMAND, monitor=True))
    assert opened(world.join(MEDIC_7, COMMAND)) == [MEDIC_7]
    assert ShutGate(COMMAND, MEDIC_7) in world.join(MEDIC_7, COMMAND, monitor=True)


def test_who_only_monitors_a_room_is_not_heard_when_it_becomes_open() -> None:
    world = World()
    world.feed(MediaUp(MEDIC_7))
    world.join(MEDIC_7, monitor=True)
    world.join(DISPATCH_1, verbs=DISPATCHES)
    assert not opened(world.switch(DISPATCH_1, RoomMode.CONFERENCE))


def test_who_only_monitors_gets_the_floor_of_a_talkgroup_as_ever() -> None:
    world = World()
    world.feed(MediaUp(MEDIC_7))
    world.join(MEDIC_7, monitor=True)
    assert answer(world.request(MEDIC_7)).refusal is None


def test_an_open_room_tells_who_talks() -> None:
    world = World(MEDIC_7, room=COMMAND)
    assert events(world.feed(Talking(MEDIC_7, COMMAND, on=True))) == [
        TalkerChanged(COMMAND, MEDIC_7, on=True)
    ]
    assert world.feed(Talking(MEDIC_7, COMMAND, on=True)) == []
    view = world.switchboard.view(COMMAND, world.now)
    assert view is not None
    assert view.talkers == (MEDIC_7,)


def test_voice_activity_in_a_talkgroup_is_not_news() -> None:
    world = World(MEDIC_7)
    assert world.feed(Talking(MEDIC_7, OPS, on=True)) == []


def test_a_talkgroup_that_becomes_a_conference_shuts_the_holder_then_opens_everybody() -> None:
    world = World(DISPATCH_1, MEDIC_7)
    spurt = granted(world.request(MEDIC_7))
    switched = world.switch(DISPATCH_1, RoomMode.CONFERENCE)
    orders = [e for e in switched if isinstance(e, OpenGate | ShutGate)]
    assert orders == [
        ShutGate(OPS, MEDIC_7),
        OpenGate(OPS, DISPATCH_1, TalkspurtId(spurt + 1), 0),
        OpenGate(OPS, MEDIC_7, TalkspurtId(spurt + 2), 0),
    ]
    assert events(switched) == [
        FloorIdle(OPS, MEDIC_7, spurt, FloorEnd.MODE_CHANGED),
        RoomModeChanged(OPS, RoomMode.CONFERENCE, DISPATCH_1),
    ]


def test_a_conference_that_becomes_a_talkgroup_shuts_everybody() -> None:
    world = World(DISPATCH_1, MEDIC_7, room=COMMAND)
    world.feed(Talking(MEDIC_7, COMMAND, on=True))
    switched = world.switch(DISPATCH_1, RoomMode.TALKGROUP, COMMAND)
    assert [e for e in switched if isinstance(e, ShutGate)] == [
        ShutGate(COMMAND, DISPATCH_1),
        ShutGate(COMMAND, MEDIC_7),
    ]
    assert events(switched) == [
        TalkerChanged(COMMAND, MEDIC_7, on=False),
        RoomModeChanged(COMMAND, RoomMode.TALKGROUP, DISPATCH_1),
    ]


def test_a_room_without_a_limit_gets_the_standards_when_it_becomes_a_talkgroup() -> None:
    world = World(DISPATCH_1, room=COMMAND)
    world.switch(DISPATCH_1, RoomMode.TALKGROUP, COMMAND)
    assert answer(world.request(DISPATCH_1, COMMAND)).limit_ms == 30_000


def test_in_a_broadcast_only_the_dispatcher_gets_the_floor() -> None:
    world = World(DISPATCH_1, MEDIC_7, room=AIR)
    assert code(world.request(MEDIC_7, AIR)) is RefusalCode.NOT_ALLOWED
    assert code(world.request(DISPATCH_1, AIR)) is None


def test_a_talkgroup_that_becomes_a_broadcast_ends_the_talkspurt_under_way() -> None:
    world = World(DISPATCH_1, MEDIC_7)
    spurt = granted(world.request(MEDIC_7))
    switched = world.switch(DISPATCH_1, RoomMode.BROADCAST)
    assert FloorIdle(OPS, MEDIC_7, spurt, FloorEnd.MODE_CHANGED) in events(switched)


def test_switching_to_the_mode_it_has_says_ok_and_nothing_else() -> None:
    world = World(DISPATCH_1)
    assert len(world.switch(DISPATCH_1, RoomMode.TALKGROUP)) == 1


def test_switching_a_room_needs_the_dispatch_grant() -> None:
    assert code(World(MEDIC_7).switch(MEDIC_7, RoomMode.CONFERENCE)) is RefusalCode.NOT_ALLOWED


def test_media_that_breaks_in_an_open_room_shuts_the_gate_and_silences_the_talker() -> None:
    world = World(MEDIC_7, room=COMMAND)
    world.feed(Talking(MEDIC_7, COMMAND, on=True))
    assert world.feed(MediaDown(MEDIC_7, "peer")) == [
        ShutGate(COMMAND, MEDIC_7),
        Publish(COMMAND, TalkerChanged(COMMAND, MEDIC_7, on=False)),
        LeaveMedia(COMMAND, MEDIC_7),
        Publish(COMMAND, MediaChanged(COMMAND, MEDIC_7, up=False)),
    ]


def test_news_of_a_leg_that_is_not_there_changes_nothing() -> None:
    world = World()
    before = world.switchboard.digest()
    assert world.feed(MediaDown(MEDIC_7, "peer")) == []
    assert world.feed(LegLost(MEDIC_7, "link")) == []
    assert world.feed(Talking(MEDIC_7, RoomId("nowhere"), on=True)) == []
    assert world.switchboard.digest() == before


def test_a_room_shows_how_long_its_talker_has_been_talking() -> None:
    world = World(MEDIC_7)
    world.join(DISPATCH_1, verbs=DISPATCHES)
    world.request(MEDIC_7)
    world.now += 1.5
    view = world.switchboard.view(OPS, world.now)
    assert view is not None
    assert (view.holder, view.holder_since_ms) == (MEDIC_7, 1500)
