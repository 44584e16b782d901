"""Any history of inputs: what must hold after every step, whoever does what in which order.

The judge is a small model of its own, fed by the effects only: who is in a room, whose media is up, whose
gate is open. It never looks at how the core keeps its state.
"""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway.core.switchboard import Switchboard
from gateway.model.effects import (
    Answer,
    Effect,
    EndLeg,
    JoinMedia,
    LeaveMedia,
    OpenGate,
    OpenPicture,
    Publish,
    ShutGate,
    ShutPicture,
)
from gateway.model.events import (
    FloorIdle,
    FloorTaken,
    MemberMuted,
    ParticipantJoined,
    ParticipantLeft,
    PictureShown,
    RoomModeChanged,
    TalkerChanged,
)
from gateway.model.grants import Verb
from gateway.model.ids import BootId, CommandId, LegId, RoomId, TalkspurtId
from gateway.model.inputs import (
    AirMoved,
    Booted,
    CarrierMoved,
    ClockStepped,
    Command,
    FloorRelease,
    FloorRequest,
    HidePicture,
    Input,
    JoinRoom,
    LeaveRoom,
    LegLost,
    MediaDown,
    MediaUp,
    MoveMember,
    MuteMember,
    RadioTalker,
    RemoveMember,
    SetRoomMode,
    ShowPicture,
    Talking,
    TalkLimitHit,
    Tick,
)
from gateway.model.participant import LegKind, Participant
from gateway.model.radio import AirState, CarrierTerms
from gateway.model.room import RoomMode
from gateway.model.video import VideoKind
from tests.unit.core.world import ROOMS, UTC_0, grants

LEGS = tuple(LegId(name) for name in ("ann", "bo", "cy", "di", "ed"))
ROOM_IDS = (*(room.id for room in ROOMS), RoomId("nowhere"))
legs, rooms, kinds = st.sampled_from(LEGS), st.sampled_from(ROOM_IDS), st.sampled_from(VideoKind)
verbs = st.frozensets(st.sampled_from(Verb), max_size=4)


class Histories(RuleBasedStateMachine):
    """Feeds the switchboard and keeps the judge's model."""

    @initialize()
    def boot(self) -> None:
        self.switchboard = Switchboard()
        self.now = 1000.0
        self.log: list[tuple[Input, float, list[Effect]]] = []
        self.command_id = 0
        self.answers: dict[tuple[LegId, CommandId], Answer] = {}
        self.media_up: set[LegId] = set()
        self.inside: dict[RoomId, dict[LegId, None]] = {room.id: {} for room in ROOMS}
        self.modes = {room.id: room.mode for room in ROOMS}
        self.gates: dict[RoomId, dict[LegId, TalkspurtId]] = {room.id: {} for room in ROOMS}
        self.joined_media: dict[RoomId, set[LegId]] = {room.id: set() for room in ROOMS}
        self.holders: dict[RoomId, LegId] = {}
        self.talkers: dict[RoomId, set[LegId]] = {room.id: set() for room in ROOMS}
        self.seen: dict[RoomId, set[tuple[LegId, VideoKind]]] = {room.id: set() for room in ROOMS}
        self.told_seen: dict[RoomId, set[tuple[LegId, VideoKind]]] = {room.id: set() for room in ROOMS}
        self.muted: dict[RoomId, set[LegId]] = {room.id: set() for room in ROOMS}
        self.spurts: set[TalkspurtId] = set()
        self.to_end: list[LegId] = []
        self.feed(Booted(BootId("b"), ROOMS))

    # -- what may happen ---------------------------------------------------------------------

    @rule(leg=legs, room=rooms, may=verbs, lasts=st.sampled_from([-1.0, 5.0, 1e6]))
    def join(self, leg: LegId, room: RoomId, may: frozenset[Verb], lasts: float) -> None:
        person = Participant(leg, "n", "", LegKind.BROWSER)
        until = UTC_0 + self.now + lasts
        self.command(JoinRoom(self.next_id(), leg, room, person, grants(may, until=until), UTC_0 + self.now))

    @rule(leg=legs, room=rooms)
    def radio_joins(self, leg: LegId, room: RoomId) -> None:
        channel = Participant(leg, "n", "", LegKind.RADIO)
        may = grants(frozenset({Verb.LISTEN, Verb.TALK}))
        at = UTC_0 + self.now
        self.command(JoinRoom(self.next_id(), leg, room, channel, may, at, CarrierTerms()))

    @rule(leg=legs, on=st.booleans())
    def carrier_moves(self, leg: LegId, on: bool) -> None:  # noqa: FBT001 - hypothesis passes by name
        self.feed(CarrierMoved(leg, on))

    @rule(leg=legs, state=st.sampled_from(AirState))
    def air_moves(self, leg: LegId, state: AirState) -> None:
        self.feed(AirMoved(leg, state))

    @rule(leg=legs)
    def talker_is_named(self, leg: LegId) -> None:
        self.feed(RadioTalker(leg, "Unit 12"))

    @rule(leg=legs, room=rooms)
    def leave(self, leg: LegId, room: RoomId) -> None:
        self.command(LeaveRoom(self.next_id(), leg, room))

    @rule(leg=legs, room=rooms)
    def request(self, leg: LegId, room: RoomId) -> None:
        self.command(FloorRequest(self.next_id(), leg, room, UTC_0 + self.now))

    @rule(leg=legs, room=rooms)
    def release(self, leg: LegId, room: RoomId) -> None:
        self.command(FloorRelease(self.next_id(), leg, room))

    @rule(leg=legs, room=rooms, kind=kinds)
    def show(self, leg: LegId, room: RoomId, kind: VideoKind) -> None:
        self.command(ShowPicture(self.next_id(), leg, room, kind, UTC_0 + self.now))

    @rule(leg=legs, room=rooms, kind=kinds)
    def hide(self, leg: LegId, room: RoomId, kind: VideoKind) -> None:
        self.command(HidePicture(self.next_id(), leg, room, kind))

    @rule(leg=legs, room=rooms, mode=st.sampled_from(RoomMode))
    def switch(self, leg: LegId, room: RoomId, mode: RoomMode) -> None:
        self.command(SetRoomMode(self.next_id(), leg, room, mode, UTC_0 + self.now))

    @rule(leg=legs, room=rooms, member=legs)
    def remove(self, leg: LegId, room: RoomId, member: LegId) -> None:
        self.command(RemoveMember(self.next_id(), leg, room, member, UTC_0 + self.now))

    @rule(leg=legs, room=rooms, member=legs, muted=st.booleans())
    def mute(self, leg: LegId, room: RoomId, member: LegId, muted: bool) -> None:  # noqa: FBT001 - by name
        self.command(MuteMember(self.next_id(), leg, room, member, muted, UTC_0 + self.now))

    @precondition(lambda self: any(self.inside.values()))
    @rule(leg=legs, to=rooms, draw=st.data())
    def move(self, leg: LegId, to: RoomId, draw: st.DataObject) -> None:
        room = draw.draw(st.sampled_from([room for room, inside in self.inside.items() if inside]))
        member = draw.draw(st.sampled_from(list(self.inside[room])))
        for place in (room, to):
            self.join(leg, place, frozenset({Verb.DISPATCH}), 1e6)
        self.command(MoveMember(self.next_id(), leg, room, member, to, UTC_0 + self.now))

    @rule(back=st.integers(1, 5))
    def repeat(self, back: int) -> None:
        commands = [
            what
            for what, _, _ in self.log
            if isinstance(what, Command) and (what.leg, what.id) in self.answers
        ]
        if len(commands) >= back:
            before = self.switchboard.digest()
            overdue = self.switchboard.next_deadline()
            self.command(commands[-back])
            if overdue is None or overdue > self.now:
                assert self.switchboard.digest() == before

    @rule(leg=legs)
    def media_comes_up(self, leg: LegId) -> None:
        self.media_up.add(leg)
        self.feed(MediaUp(leg))

    @rule(leg=legs)
    def media_goes_down(self, leg: LegId) -> None:
        self.media_up.discard(leg)
        self.feed(MediaDown(leg, "consent"))

    @rule(leg=legs)
    def lose(self, leg: LegId) -> None:
        self.media_up.discard(leg)
        self.feed(LegLost(leg, "link"))
        self.forget_answers(leg)
        assert all(leg not in people for people in self.inside.values())
        assert leg not in self.holders.values()

    @rule(leg=legs, room=rooms, spurt=st.integers(1, 12))
    def limit_hit(self, leg: LegId, room: RoomId, spurt: int) -> None:
        self.feed(TalkLimitHit(leg, room, TalkspurtId(spurt)))

    @rule(leg=legs, room=rooms, on=st.booleans())
    def talk(self, leg: LegId, room: RoomId, on: bool) -> None:  # noqa: FBT001 - hypothesis passes by name
        self.feed(Talking(leg, room, on))

    @rule(by_ms=st.integers(-5000, 5000))
    def clock_steps(self, by_ms: int) -> None:
        self.feed(ClockStepped(by_ms))

    @rule(by_s=st.sampled_from([0.02, 0.15, 1.0, 10.0, 31.0]))
    def time_passes(self, by_s: float) -> None:
        self.now += by_s

    @rule()
    def deadline_comes(self) -> None:
        at = self.switchboard.next_deadline()
        if at is not None:
            self.now = max(self.now, at)
            self.feed(Tick())
            later = self.switchboard.next_deadline()
            assert later is None or later > self.now

    # -- what must hold ----------------------------------------------------------------------

    @invariant()
    def gates_are_open_exactly_for_those_who_may_be_heard_now(self) -> None:
        for room, gates in self.gates.items():
            if self.modes[room] is not RoomMode.CONFERENCE:
                assert set(gates) == {self.holders[room]} if room in self.holders else not gates
            else:
                assert room not in self.holders
            for leg in gates:
                assert leg in self.media_up
                assert leg in self.inside[room]
                assert leg in self.joined_media[room]
                assert leg not in self.muted[room]

    @invariant()
    def who_is_in_a_room_with_media_hears_it(self) -> None:
        for room, people in self.inside.items():
            assert self.joined_media[room] == set(people) & self.media_up

    @invariant()
    def pictures_are_seen_only_of_members_with_media(self) -> None:
        for room, pictures in self.seen.items():
            assert pictures == self.told_seen[room]
            for leg, _ in pictures:
                assert leg in self.joined_media[room]

    @invariant()
    def the_view_is_what_the_events_said(self) -> None:
        for room, people in self.inside.items():
            view = self.switchboard.view(room, self.now)
            assert view is not None
            assert [m.participant.leg for m in view.members] == list(people)
            assert view.mode is self.modes[room]
            assert view.holder == self.holders.get(room)
            assert set(view.talkers) == self.talkers[room]
            shown = {(one.participant.leg, kind) for one in view.members for kind in one.shows}
            assert shown == self.seen[room]
            assert {one.participant.leg for one in view.members if one.muted} == self.muted[room]

    def teardown(self) -> None:
        again = Switchboard()
        for what, now, effects in getattr(self, "log", []):
            assert again.handle(what, now) == effects
        if hasattr(self, "switchboard"):
            assert again.digest() == self.switchboard.digest()

    # -- the judge ---------------------------------------------------------------------------

    def next_id(self) -> CommandId:
        self.command_id += 1
        return CommandId(self.command_id)

    def command(self, command: Command) -> None:
        effects = self.handle(command)
        found = [e for e in effects if isinstance(e, Answer)]
        assert len(found) == 1
        assert (found[0].leg, found[0].id) == (command.leg, command.id)
        assert self.answers.setdefault((command.leg, command.id), found[0]) == found[0]
        self.end_legs()

    def feed(self, what: Input) -> None:
        self.handle(what)
        self.end_legs()

    def handle(self, what: Input) -> list[Effect]:
        effects = self.switchboard.handle(what, self.now)
        self.log.append((what, self.now, effects))
        for effect in effects:
            self.judge(effect)
        return effects

    def end_legs(self) -> None:
        """What the shell does with EndLeg."""
        ending, self.to_end = self.to_end, []
        for leg in ending:
            self.lose(leg)

    def forget_answers(self, leg: LegId) -> None:
        """A lost leg's id never comes back; here the same id stands for a new leg."""
        self.answers = {key: answer for key, answer in self.answers.items() if key[0] != leg}

    def judge(self, effect: Effect) -> None:
        match effect:
            case OpenGate(room, leg, spurt, limit_ms):
                assert spurt not in self.spurts
                assert leg not in self.gates[room]
                assert (limit_ms == 0) is (self.modes[room] is RoomMode.CONFERENCE) or self.mode_changes(room)
                self.spurts.add(spurt)
                self.gates[room][leg] = spurt
            case ShutGate(room, leg):
                self.gates[room].pop(leg, None)
            case JoinMedia(room, leg, _):
                self.joined_media[room].add(leg)
            case LeaveMedia(room, leg):
                self.joined_media[room].discard(leg)
            case OpenPicture(room, leg, kind):
                assert (leg, kind) not in self.seen[room]
                self.seen[room].add((leg, kind))
            case ShutPicture(room, leg, kind):
                self.seen[room].remove((leg, kind))
            case EndLeg(leg, _):
                self.to_end.append(leg)
            case Publish(room, event):
                self.judge_event(room, event)

    def mode_changes(self, room: RoomId) -> bool:
        """The input under judgement switches this room: its gates open before the event says so."""
        return isinstance(self.log[-1][0], SetRoomMode) and self.log[-1][0].room == room

    def judge_event(self, room: RoomId, event: object) -> None:  # noqa: C901 - one line an event
        match event:
            case ParticipantJoined(_, person):
                assert person.leg not in self.inside[room]
                self.inside[room][person.leg] = None
            case ParticipantLeft(_, leg, _):
                del self.inside[room][leg]
                self.muted[room].discard(leg)
            case FloorTaken(_, leg, spurt, _):
                assert room not in self.holders
                assert self.gates[room] == {leg: spurt}
                self.holders[room] = leg
            case FloorIdle(_, leg, _, _):
                assert self.holders.pop(room) == leg
            case TalkerChanged(_, leg, True):
                self.talkers[room].add(leg)
            case TalkerChanged(_, leg, False):
                self.talkers[room].remove(leg)
            case MemberMuted(_, leg, muted, _):
                assert (leg in self.muted[room]) is not muted
                (self.muted[room].add if muted else self.muted[room].discard)(leg)
            case PictureShown(_, leg, kind, True):
                self.told_seen[room].add((leg, kind))
            case PictureShown(_, leg, kind, False):
                self.told_seen[room].remove((leg, kind))
            case RoomModeChanged(_, mode, _):
                self.modes[room] = mode


# Of hypothesis' own warnings only: what an earlier test left to the collector of garbage is not this one's.
TestHistories = pytest.mark.filterwarnings("error::hypothesis.errors.HypothesisWarning")(Histories.TestCase)
TestHistories.settings = settings(max_examples=150, stateful_step_count=60, deadline=None, derandomize=True)
