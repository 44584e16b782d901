"""The default world of the core's tests: one talkgroup, one conference, and people who may talk."""

from gateway.core.switchboard import Switchboard
from gateway.model.effects import Answer, Effect, Publish
from gateway.model.events import Event
from gateway.model.grants import Grants, Verb
from gateway.model.ids import BootId, CommandId, LegId, RoomId, TalkspurtId
from gateway.model.inputs import (
    AirMoved,
    Booted,
    CarrierMoved,
    FloorRelease,
    FloorRequest,
    HidePicture,
    Input,
    JoinRoom,
    LeaveRoom,
    MediaUp,
    SetRoomMode,
    ShowPicture,
    Tick,
)
from gateway.model.participant import LegKind, Participant
from gateway.model.radio import AirState, AirWhy, CarrierTerms
from gateway.model.room import RoomMode, RoomSpec
from gateway.model.video import VideoKind

OPS = RoomId("ops")
COMMAND = RoomId("command")
AIR = RoomId("air")
ROOMS = (
    RoomSpec(OPS, "Operations", talk_limit_ms=30_000, capacity=4),
    RoomSpec(COMMAND, "Command", RoomMode.CONFERENCE, talk_limit_ms=0),
    RoomSpec(AIR, "On air", RoomMode.BROADCAST),
)

MEDIC_7 = LegId("medic-7")
ENGINE_2 = LegId("engine-2")
DISPATCH_1 = LegId("dispatch-1")
WALL = LegId("wall")

HILL = LegId("hill-vhf1")
VALLEY = LegId("valley-uhf2")

UTC_0 = 1_800_000_000.0
FOREVER = UTC_0 + 1e9
TALKS = frozenset({Verb.LISTEN, Verb.TALK})
LISTENS = frozenset({Verb.LISTEN})
SHOWS = frozenset({Verb.LISTEN, Verb.TALK, Verb.VIDEO})
DISPATCHES = frozenset({Verb.LISTEN, Verb.TALK, Verb.DISPATCH})


def grants(
    verbs: frozenset[Verb] = TALKS, rooms: frozenset[RoomId] | None = None, until: float = FOREVER
) -> Grants:
    return Grants("somebody", verbs, rooms, until)


class World:
    """A switchboard, a clock that is set by hand, and short words for what people do."""

    def __init__(self, *legs: LegId, room: RoomId = OPS, rooms: tuple[RoomSpec, ...] | None = None) -> None:
        self.switchboard = Switchboard()
        self.now = 100.0
        self.inputs: list[tuple[Input, float]] = []
        self._commands = 0
        self.feed(Booted(BootId("boot"), rooms or ROOMS))
        for leg in legs:
            self.feed(MediaUp(leg))
            self.join(leg, room, DISPATCHES if leg == DISPATCH_1 else TALKS)

    def feed(self, what: Input) -> list[Effect]:
        self.inputs.append((what, self.now))
        return self.switchboard.handle(what, self.now)

    def join(
        self,
        leg: LegId,
        room: RoomId = OPS,
        verbs: frozenset[Verb] = TALKS,
        until: float = FOREVER,
        *,
        monitor: bool = False,
        kind: LegKind = LegKind.BROWSER,
    ) -> list[Effect]:
        person = Participant(leg, "somebody", "", kind)
        may = grants(verbs, until=until)
        return self.feed(JoinRoom(self.next_id(), leg, room, person, may, self.at, monitor=monitor))

    def radio(
        self, leg: LegId, room: RoomId = OPS, limit_ms: int = 0, verbs: frozenset[Verb] = TALKS
    ) -> list[Effect]:
        """A radio channel joins, with its media up, able to transmit."""
        self.feed(MediaUp(leg))
        channel = Participant(leg, "VHF dispatch", "", LegKind.RADIO)
        terms = CarrierTerms(hang_ms=150, tail_ms=150, limit_ms=limit_ms)
        joined = self.feed(JoinRoom(self.next_id(), leg, room, channel, grants(verbs), self.at, terms))
        self.air(leg, AirState.READY)
        return joined

    def carrier(self, leg: LegId, *, on: bool) -> list[Effect]:
        return self.feed(CarrierMoved(leg, on))

    def air(self, leg: LegId, state: AirState, why: AirWhy = AirWhy.NONE) -> list[Effect]:
        return self.feed(AirMoved(leg, state, why))

    def wait(self, seconds: float) -> list[Effect]:
        """Time passes; what is due happens when it is due."""
        until, effects = self.now + seconds, []
        while (due := self.switchboard.next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            effects += self.feed(Tick())
        self.now = until
        return effects

    def leave(self, leg: LegId, room: RoomId = OPS) -> list[Effect]:
        return self.feed(LeaveRoom(self.next_id(), leg, room))

    def request(
        self, leg: LegId, room: RoomId = OPS, *, waits: bool = False, overrides: bool = False
    ) -> list[Effect]:
        return self.feed(FloorRequest(self.next_id(), leg, room, self.at, waits, overrides))

    def release(self, leg: LegId, room: RoomId = OPS) -> list[Effect]:
        return self.feed(FloorRelease(self.next_id(), leg, room))

    def show(self, leg: LegId, kind: VideoKind = VideoKind.CAMERA, room: RoomId = OPS) -> list[Effect]:
        return self.feed(ShowPicture(self.next_id(), leg, room, kind, self.at))

    def hide(self, leg: LegId, kind: VideoKind = VideoKind.CAMERA, room: RoomId = OPS) -> list[Effect]:
        return self.feed(HidePicture(self.next_id(), leg, room, kind))

    def switch(self, leg: LegId, mode: RoomMode, room: RoomId = OPS) -> list[Effect]:
        return self.feed(SetRoomMode(self.next_id(), leg, room, mode, self.at))

    def next_id(self) -> CommandId:
        self._commands += 1
        return CommandId(self._commands)

    def holder(self, room: RoomId = OPS) -> LegId | None:
        view = self.switchboard.view(room, self.now)
        assert view is not None
        return view.holder

    def shown(self, leg: LegId, room: RoomId = OPS) -> tuple[VideoKind, ...]:
        view = self.switchboard.view(room, self.now)
        assert view is not None
        (member,) = [one for one in view.members if one.participant.leg == leg]
        return member.shows

    def people(self, room: RoomId = OPS) -> list[LegId]:
        view = self.switchboard.view(room, self.now)
        assert view is not None
        return [member.participant.leg for member in view.members]

    @property
    def at(self) -> float:
        return UTC_0 + self.now


def answer(effects: list[Effect]) -> Answer:
    """The one answer among the effects."""
    (found,) = [effect for effect in effects if isinstance(effect, Answer)]
    return found


def events(effects: list[Effect]) -> list[Event]:
    return [effect.event for effect in effects if isinstance(effect, Publish)]


def granted(effects: list[Effect]) -> TalkspurtId:
    talkspurt = answer(effects).talkspurt
    assert talkspurt is not None
    return talkspurt
