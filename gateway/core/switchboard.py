"""The only entry of the core: owns the tables and routes each input to one machine.

Contract: ``handle(input, now)`` for everything that happens, in order, by one writer; run the returned
effects in order; call again with ``Tick`` when ``next_deadline()`` has come. ``now`` is the caller's
monotonic clock in seconds and never goes back. The same inputs reach the same state and effects.

A command gets exactly one Answer. A repeated (leg, id) gets the first Answer again and changes nothing
(bounded: see ``presence.ANSWERS_KEPT``). A fact about a leg or room that is not there is late news and
changes nothing.
"""

from dataclasses import dataclass, replace

from gateway.core import carrier as carriers
from gateway.core import data, made_rooms, moves, whispers
from gateway.core import floor as floors
from gateway.core.calls import Calls, OutgoingCall
from gateway.core.deadlines import Deadlines
from gateway.core.digest import digest
from gateway.core.policy import Action, Policy, decide, floor_rank
from gateway.core.presence import Presence
from gateway.core.radios import RadioLeg
from gateway.core.room import Affiliation, Room
from gateway.model.effects import Answer, CancelCall, Effect, EndLeg, PlaceCall, ShutGate, Tell
from gateway.model.events import FloorEnd, MemberMoved, RoomGone, RoomMade
from gateway.model.ids import BootId, LegId, RoomId, TalkspurtId
from gateway.model.inputs import (
    AirMoved,
    AskDangerous,
    Booted,
    CallMoved,
    CallNumber,
    CancelRequest,
    CarrierMoved,
    ClockStepped,
    Command,
    CreateRoom,
    DeleteRoom,
    Fact,
    FloorRelease,
    FloorRequest,
    GiveUpCall,
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
    SendMessage,
    SendPosition,
    SendReceipt,
    SendStatus,
    SetRoomMode,
    ShowPicture,
    Talking,
    TalkLimitHit,
    Tick,
    WhisperTo,
)
from gateway.model.participant import LegKind
from gateway.model.radio import Air
from gateway.model.refusal import Refusal, RefusalCode
from gateway.model.room import RoomMode
from gateway.model.snapshot import RoomView

REMOVED = "removed"
"""Why a leg that a dispatcher removed is told to have left, and why it ends."""

_WHISPERS = Refusal(RefusalCode.WHISPERING, "your voice goes to one member, or did just now")

_InRoom = (
    LeaveRoom
    | FloorRequest
    | FloorRelease
    | CancelRequest
    | ShowPicture
    | HidePicture
    | SetRoomMode
    | CallNumber
    | GiveUpCall
    | RemoveMember
    | MuteMember
    | MoveMember
    | WhisperTo
    | data.DataCommand
)
"""What only a member may ask of a room."""


@dataclass(frozen=True, slots=True)
class _FloorDue:
    """Deadline: a talkspurt in this room has lasted long, or somebody has waited long."""

    room: RoomId


@dataclass(frozen=True, slots=True)
class _GrantsEnd:
    """Deadline: the grants by which this leg is in this room expire."""

    room: RoomId
    leg: LegId


@dataclass(frozen=True, slots=True)
class _CarrierDue:
    """Deadline: the hang or the tail gate of this radio is over."""

    room: RoomId
    leg: LegId


@dataclass(frozen=True, slots=True)
class _WhisperDue:
    """Deadline: the time of this leg's whisper is over, or it has settled."""

    leg: LegId


_Due = _FloorDue | _GrantsEnd | _CarrierDue | _WhisperDue


class Switchboard:
    """All rooms and legs of one gateway."""

    def __init__(self, policy: Policy = decide) -> None:
        self._policy = policy
        self._boot: BootId | None = None
        self._rooms: dict[RoomId, Room] = {}
        self._presence = Presence()
        self._deadlines: Deadlines[_Due] = Deadlines()
        self._talkspurts = 0
        self._rooms_made = 0
        """In this run."""
        self._calls = Calls()
        self._whispers = whispers.Whispers()

    def handle(self, what: Input, now: float) -> list[Effect]:
        """Take one input; what is overdue at ``now`` happens before it."""
        effects = self._overdue(now)
        if not isinstance(what, Command):
            return effects + self._fact(what, now)
        leg = self._presence.of(what.leg)
        known = leg.answers.get(what.id)
        if known is not None:
            return [*effects, known]
        done = self._command(what, now)
        self._presence.remember(next(e for e in done if isinstance(e, Answer)))
        return effects + done

    def next_deadline(self) -> float | None:
        """When ``handle(Tick())`` is wanted, if nothing else comes before."""
        return self._deadlines.next()

    @property
    def timers(self) -> int:
        """How many deadlines wait: none while nobody talks and nobody is in a room."""
        return len(self._deadlines)

    def view(self, room: RoomId, now: float) -> RoomView | None:
        """A snapshot of one room; who may see it is the caller's question to the policy."""
        found = self._rooms.get(room)
        return None if found is None else found.view(now)

    def views(self, now: float) -> tuple[RoomView, ...]:
        """Snapshots of all rooms, in the order of the configuration."""
        return tuple(room.view(now) for room in self._rooms.values())

    def digest(self) -> str:
        """A fingerprint of the whole state; equal after equal inputs."""
        return digest(self)

    # -- facts -------------------------------------------------------------------------------

    def _fact(self, what: Fact, now: float) -> list[Effect]:
        effects: list[Effect] = []
        match what:
            case Booted():
                self._start(what)
            case MediaUp() | MediaDown():
                effects = self._media_changed(what.leg, up=isinstance(what, MediaUp), now=now)
            case LegLost():
                effects = self._leg_lost(what, now)
            case TalkLimitHit() | Talking():
                effects = self._heard(what, now)
            case CarrierMoved() | AirMoved() | RadioTalker():
                effects = self._radio_fact(what, now)
            case CallMoved():
                effects = self._calls.moved(what.call, what.state)
            case Tick() | ClockStepped():
                pass
            case _:
                raise TypeError(f"not an input of the core: {type(what).__name__}")
        return effects

    def _start(self, what: Booted) -> None:
        self._boot = what.boot
        self._rooms = {spec.id: Room(spec) for spec in what.rooms}
        for message in what.messages:
            room = self._rooms.get(message.room)
            if room is not None:
                room.data.restore([message])
        self._presence = Presence()
        self._deadlines = Deadlines()
        self._talkspurts = 0
        self._rooms_made = 0
        self._calls = Calls()
        self._whispers = whispers.Whispers()

    def _heard(self, what: TalkLimitHit | Talking, now: float) -> list[Effect]:
        whisper = self._whispers.of(what.leg)
        if isinstance(what, TalkLimitHit) and whisper and whisper.talkspurt == what.talkspurt:
            return self._end_whispers([whisper], FloorEnd.TIMED_OUT, now)
        room = self._rooms.get(what.room)
        if room is None:
            return []
        if isinstance(what, Talking):
            return [*room.talking(what.leg, on=what.on, now=now), *self._settle(room, now)]
        return [*room.limit_hit(what.leg, what.talkspurt, now), *self._settle(room, now)]

    def _radio_fact(self, what: CarrierMoved | AirMoved | RadioTalker, now: float) -> list[Effect]:
        leg = self._presence.find(what.leg)
        effects: list[Effect] = []
        for name in leg.rooms if leg else ():
            room = self._rooms[name]
            match what:
                case CarrierMoved():
                    room.step_carrier(what.leg, carriers.Opened() if what.on else carriers.Closed(), now)
                case AirMoved():
                    effects += room.air_moved(what.leg, Air(what.state, what.why), now)
                case RadioTalker():
                    effects += room.talker_named(what.leg, what.name)
            effects += self._settle(room, now)
        return effects

    def _leg_lost(self, what: LegLost, now: float) -> list[Effect]:
        leg = self._presence.find(what.leg)
        effects: list[Effect] = []
        for room in tuple(leg.rooms) if leg else ():
            effects += self._leave(room, what.leg, what.why, FloorEnd.LEG_LOST, now)
        self._presence.forget(what.leg)
        self._whispers.forget(what.leg)
        self._deadlines.clear(_WhisperDue(what.leg))
        return effects

    def _media_changed(self, leg: LegId, *, up: bool, now: float) -> list[Effect]:
        presence = self._presence.of(leg) if up else self._presence.find(leg)
        if presence is None or presence.media_up is up:
            return []
        presence.media_up = up
        effects: list[Effect] = []
        for name in presence.rooms:
            room = self._rooms[name]
            effects += room.media_changed(leg, up=up, now=now, talkspurt=self._next_talkspurt)
            effects += self._settle(room, now)
        if not up:
            effects += self._end_whispers(self._whispers.about(leg), FloorEnd.LEG_LOST, now)
        return effects

    def _overdue(self, now: float) -> list[Effect]:
        effects: list[Effect] = []
        for due in self._deadlines.take_due(now):
            if isinstance(due, _FloorDue):
                effects += self._floor_due(self._rooms[due.room], now)
            elif isinstance(due, _CarrierDue):
                room = self._rooms[due.room]
                room.step_carrier(due.leg, carriers.Due(), now)
                effects += self._settle(room, now)
            elif isinstance(due, _WhisperDue):
                effects += self._whisper_due(due.leg, now)
            else:
                effects += self._leave(due.room, due.leg, "expired", FloorEnd.LEFT, now)
                if not self._presence.of(due.leg).rooms:
                    effects.append(EndLeg(due.leg, "expired"))
        return effects

    def _floor_due(self, room: Room, now: float) -> list[Effect]:
        # Something that was due with it may have begun another talkspurt, whose time is to come.
        deadline = room.floor.deadline
        over = deadline is not None and deadline <= now
        return self._step_floor(room, floors.Due(), now) if over else []

    # -- commands ----------------------------------------------------------------------------

    def _command(  # noqa: C901, PLR0911, PLR0912 - one line a command
        self, what: Command, now: float
    ) -> list[Effect]:
        match what:
            case JoinRoom():
                return self._join(what, now)
            case LeaveRoom():
                return self._leave_room(what, now)
            case FloorRequest():
                return self._request_floor(what, now)
            case FloorRelease():
                return self._release_floor(what, now)
            case ShowPicture() | HidePicture():
                return self._picture(what)
            case SetRoomMode():
                return self._set_mode(what, now)
            case CallNumber() | GiveUpCall():
                return self._call_out(what)
            case RemoveMember() | MuteMember() | CancelRequest():
                return self._moderate(what, now)
            case WhisperTo():
                return self._whisper(what, now)
            case AskDangerous():
                return self._refuse_dangerous(what)
            case MoveMember():
                return self._move(what, now)
            case CreateRoom():
                return self._create_room(what)
            case DeleteRoom():
                return self._delete_room(what, now)
            case SendMessage() | SendReceipt() | SendStatus() | SendPosition():
                return self._send_data(what, now)

    def _join(self, what: JoinRoom, now: float) -> list[Effect]:
        room = self._rooms.get(what.room)
        mode = room.mode if room else RoomMode.TALKGROUP
        refusal = self._policy(what.grants, Action.JOIN, what.room, mode, what.at)
        if refusal is not None:
            return _refused(what, refusal)
        # Only after the policy: whoever has no right to a room does not learn whether it exists.
        if room is None:
            return _refused(what, Refusal(RefusalCode.UNKNOWN_ROOM))
        if room.full and room.affiliation(what.leg) is None:
            return _refused(what, Refusal(RefusalCode.ROOM_FULL, f"at most {room.spec.capacity}"))
        if what.participant.leg != what.leg:
            return _refused(what, Refusal(RefusalCode.INVALID, "the participant is of another leg"))
        speaks = room.mode is RoomMode.CONFERENCE and room.affiliation(what.leg) and not what.monitor
        if speaks and self._whispers.of(what.leg) is not None:
            # It would be told that it is heard now, and is not.
            return self._unheard(what, _WHISPERS, now)
        return [Answer(what.leg, what.id), *self._enter(room, what, now)]

    def _enter(self, room: Room, what: JoinRoom, now: float, radio: RadioLeg | None = None) -> list[Effect]:
        """Nothing is in the way of it. By a right that may be another one from now on no whisper goes on."""
        ended = self._end_whispers(self._whispers.about(what.leg, what.room), FloorEnd.LEFT, now)
        presence = self._presence.of(what.leg)
        presence.rooms[what.room] = None
        self._deadlines.set(_GrantsEnd(what.room, what.leg), now + what.grants.expires_at - what.at)
        affiliation = Affiliation(
            what.participant,
            what.grants,
            hears=self._may(what, Action.HEAR, room.mode),
            speaks_in=frozenset(m for m in RoomMode if not what.monitor and self._may(what, Action.SPEAK, m)),
            shows_in=frozenset(mode for mode in RoomMode if self._may(what, Action.SHOW, mode)),
            media_up=presence.media_up,
            carrier=what.carrier,
            whispers=self._whispers.of(what.leg) is not None,
        )
        joined = room.join(what.leg, affiliation, self._next_talkspurt, radio)
        return [*ended, *joined, *self._settle(room, now)]

    def _leave_room(self, what: LeaveRoom, now: float) -> list[Effect]:
        found = self._find(what)
        if isinstance(found, Refusal):
            return _refused(what, found)
        return [Answer(what.leg, what.id), *self._leave(what.room, what.leg, "left", FloorEnd.LEFT, now)]

    def _request_floor(self, what: FloorRequest, now: float) -> list[Effect]:
        found = self._find(what)
        if isinstance(found, Refusal):
            return _refused(what, found)
        room, affiliation = found
        refusal = self._policy(affiliation.grants, Action.SPEAK, what.room, room.mode, what.at)
        if refusal is None and what.overrides:
            refusal = self._policy(affiliation.grants, Action.OVERRIDE, what.room, room.mode, what.at)
        if refusal is None and what.id < self._presence.of(what.leg).released.get(what.room, 0):
            # The channels have no common order (DESIGN 3.7): this press is over, its release overtook it.
            refusal = Refusal(RefusalCode.INVALID, "released already")
        if refusal is None and affiliation.muted:
            # What waits behind the gate, spoken since the press, is dropped.
            refusal = Refusal(RefusalCode.MUTED, "a dispatcher muted you in this room")
            return [ShutGate(what.room, what.leg), *_refused(what, refusal)]
        if refusal is None and not affiliation.media_up:
            refusal = Refusal(RefusalCode.NO_MEDIA, "nobody could hear you: media is not up")
        if refusal is None and self._whispers.of(what.leg) is not None:
            return self._unheard(what, _WHISPERS, now)
        if refusal is not None:
            return _refused(what, refusal)
        talkspurt, rank = TalkspurtId(self._talkspurts + 1), floor_rank(affiliation.grants)
        streams = affiliation.participant.kind is LegKind.WHIP
        request = floors.Request(what.id, what.leg, talkspurt, rank, what.waits, what.overrides, streams)
        effects = self._step_floor(room, request, now)
        if any(turn.talkspurt == talkspurt for turn in room.floor.turns):
            self._talkspurts += 1
        return effects

    def _release_floor(self, what: FloorRelease, now: float) -> list[Effect]:
        found = self._find(what)
        if isinstance(found, Refusal):
            return _refused(what, found)
        released = self._presence.of(what.leg).released
        released[what.room] = max(what.id, released.get(what.room, what.id))
        return self._step_floor(found[0], floors.Release(what.id, what.leg), now)

    def _picture(self, what: ShowPicture | HidePicture) -> list[Effect]:
        found = self._find(what)
        if isinstance(found, Refusal):
            return _refused(what, found)
        room, affiliation = found
        if isinstance(what, HidePicture):
            return [Answer(what.leg, what.id), *room.hide(what.leg, what.kind)]
        refusal = self._policy(affiliation.grants, Action.SHOW, what.room, room.mode, what.at)
        if refusal is None and not affiliation.media_up:
            refusal = Refusal(RefusalCode.NO_MEDIA, "nobody could see it: media is not up")
        if refusal is not None:
            return _refused(what, refusal)
        return [Answer(what.leg, what.id), *room.show(what.leg, what.kind)]

    def _set_mode(self, what: SetRoomMode, now: float) -> list[Effect]:
        found = self._find(what)
        if isinstance(found, Refusal):
            return _refused(what, found)
        room, affiliation = found
        refusal = self._policy(affiliation.grants, Action.SWITCH_MODE, what.room, room.mode, what.at)
        if refusal is not None:
            return _refused(what, refusal)
        effects: list[Effect] = [Answer(what.leg, what.id)]
        if what.mode is not room.mode:
            effects += room.set_mode(what.mode, what.leg, now, self._next_talkspurt)
            effects += self._settle(room, now)
        return effects

    def _call_out(self, what: CallNumber | GiveUpCall) -> list[Effect]:
        found = self._find(what)
        if isinstance(found, Refusal):
            return _refused(what, found)
        room, affiliation = found
        refusal = self._policy(affiliation.grants, Action.CALL, what.room, room.mode, what.at)
        if refusal is not None:
            return _refused(what, refusal)
        if isinstance(what, GiveUpCall):
            mine = self._calls.room_of(what.call) == what.room
            return [Answer(what.leg, what.id), *([CancelCall(what.call)] if mine else [])]
        if self._calls.full:
            return _refused(what, Refusal(RefusalCode.TOO_MANY, "too many calls ring already"))
        call, told = self._calls.place(OutgoingCall(what.room, what.number, what.leg))
        return [Answer(what.leg, what.id, call=call), told, PlaceCall(call, what.room, what.number)]

    def _moderate(self, what: RemoveMember | MuteMember | CancelRequest, now: float) -> list[Effect]:
        found = self._find(what)
        if isinstance(found, Refusal):
            return _refused(what, found)
        room, affiliation = found
        refusal = self._policy(affiliation.grants, Action.MODERATE, what.room, room.mode, what.at)
        member = room.affiliation(what.member)
        if refusal is None and member is None:
            refusal = Refusal(RefusalCode.UNKNOWN_MEMBER, "nobody of that name is in the room")
        elif refusal is None and member and member.carrier and isinstance(what, RemoveMember):
            detail = "a radio channel is in its room by configuration: mute it, or take it out there"
            refusal = Refusal(RefusalCode.NOT_REMOVABLE, detail)
        if refusal is not None:
            return _refused(what, refusal)
        effects: list[Effect] = [Answer(what.leg, what.id)]
        if isinstance(what, MuteMember):
            effects += room.mute(
                what.member, muted=what.muted, by=what.leg, now=now, talkspurt=self._next_talkspurt
            )
            mine = [one for one in self._whispers.about(what.member, what.room) if one.by == what.member]
            effects += self._end_whispers(mine if what.muted else [], FloorEnd.MUTED, now)
            return [*effects, *self._settle(room, now)]
        if isinstance(what, CancelRequest):
            return [*effects, *self._step_floor(room, floors.Cancel(what.member), now)]
        effects += self._leave(what.room, what.member, REMOVED, FloorEnd.LEFT, now)
        if not self._presence.of(what.member).rooms:
            effects.append(EndLeg(what.member, REMOVED))
        return effects

    def _move(self, what: MoveMember, now: float) -> list[Effect]:
        found = self._find(what)
        if isinstance(found, Refusal):
            return _refused(what, found)
        room, _ = found
        to, member = self._rooms.get(what.to), room.affiliation(what.member)
        refusal = moves.refuse(self._policy, what, room, to)
        if refusal is not None or to is None or member is None:
            return _refused(what, refusal or Refusal(RefusalCode.INTERNAL))
        grants = moves.grants_there(self._policy, member, to, what.at)
        radio = room.radio(what.member)
        coming = JoinRoom(
            what.id,
            what.member,
            what.to,
            member.participant,
            grants,
            what.at,
            member.carrier,
            monitor=not member.speaks_in,
        )
        told = Tell(what.member, MemberMoved(what.room, what.member, what.to, grants))
        left = self._leave(what.room, what.member, moves.MOVED, FloorEnd.LEFT, now)
        return [Answer(what.leg, what.id), told, *left, *self._enter(to, coming, now, radio)]

    def _create_room(self, what: CreateRoom) -> list[Effect]:
        name = made_rooms.named(self._boot or BootId(""), self._rooms_made + 1)
        refusal = made_rooms.refuse_making(self._policy, what, name, self._rooms.values())
        if refusal is not None:
            return _refused(what, refusal)
        self._rooms_made += 1
        spec = made_rooms.made(what, name)
        self._rooms[name] = Room(spec)
        return [Answer(what.leg, what.id, made=name), *self._told_of_room(what, RoomMade(spec))]

    def _delete_room(self, what: DeleteRoom, now: float) -> list[Effect]:
        room = self._rooms.get(what.room)
        refusal = made_rooms.refuse_closing(self._policy, what, room)
        if refusal is not None or room is None:
            return _refused(what, refusal or Refusal(RefusalCode.INTERNAL))
        told = self._told_of_room(what, RoomGone(what.room))
        effects: list[Effect] = [Answer(what.leg, what.id)]
        for leg in room.legs():
            effects += self._leave(what.room, leg, made_rooms.CLOSED, FloorEnd.LEFT, now)
        effects += [CancelCall(call) for call in self._calls.of(what.room)]
        del self._rooms[what.room]
        return [*effects, *told]

    def _told_of_room(self, what: CreateRoom | DeleteRoom, event: RoomMade | RoomGone) -> list[Effect]:
        return made_rooms.told(self._policy, event, what.leg, self._presence, self._rooms, what.at)

    def _send_data(self, what: data.DataCommand, now: float) -> list[Effect]:
        found = self._find(what)
        if isinstance(found, Refusal):
            return _refused(what, found)
        room, affiliation = found
        action = Action.MARK if isinstance(what, SendReceipt) else Action.SEND_DATA
        refusal = self._policy(affiliation.grants, action, what.room, room.mode, what.at)
        decided = refusal or data.decide(room, affiliation, what, now)
        if isinstance(decided, Refusal):
            return _refused(what, decided)
        return [Answer(what.leg, what.id), *decided]

    # -- whispers ----------------------------------------------------------------------------

    def _whisper(self, what: WhisperTo, now: float) -> list[Effect]:
        found = self._find(what)
        if isinstance(found, Refusal):
            return _refused(what, found)
        room, _ = found
        if not what.on:
            mine = self._whispers.about(what.leg, what.room)
            ended = [one for one in mine if (one.by, one.to) == (what.leg, what.member)]
            return [Answer(what.leg, what.id), *self._end_whispers(ended, FloorEnd.RELEASED, now)]
        here = [self._rooms[name] for name in self._presence.of(what.leg).rooms]
        refusal = whispers.refuse(self._policy, what, room, here, self._whispers)
        if refusal is not None:
            heard = refusal.code is RefusalCode.TALKING
            return _refused(what, refusal) if heard else self._unheard(what, refusal, now)
        talkspurt, limit_ms = self._next_talkspurt(), room.floor.limit_ms
        begun = self._let_in(what.leg, whispers=True)
        begun += self._whispers.begin(what, talkspurt, limit_ms, now)
        self._deadlines.set(_WhisperDue(what.leg), now + limit_ms / 1000)
        return [Answer(what.leg, what.id, talkspurt=talkspurt, limit_ms=limit_ms), *begun]

    def _unheard(
        self, what: JoinRoom | FloorRequest | WhisperTo, refusal: Refusal, now: float
    ) -> list[Effect]:
        """What it said since the press, which no gate lets in, is dropped; how long it settles is told."""
        left_ms = self._whispers.settles_ms(what.leg, now)
        return [ShutGate(what.room, what.leg), Answer(what.leg, what.id, refusal, wait_ms=left_ms)]

    def _whisper_due(self, leg: LegId, now: float) -> list[Effect]:
        one = self._whispers.of(leg)
        if one is not None and not one.settles:
            return self._end_whispers([one], FloorEnd.TIMED_OUT, now)
        self._whispers.forget(leg)
        return self._let_in(leg, whispers=False)

    def _end_whispers(self, ended: list[whispers.Whisper], why: FloorEnd, now: float) -> list[Effect]:
        effects: list[Effect] = []
        for one in ended:
            effects += self._whispers.end(one, why, now)
            self._deadlines.set(_WhisperDue(one.by), now + whispers.SETTLE_S)
        return effects

    def _let_in(self, leg: LegId, *, whispers: bool) -> list[Effect]:
        """Have all rooms of a leg let its voice in as the mode says, or not while it whispers."""
        effects: list[Effect] = []
        presence = self._presence.find(leg)
        for name in presence.rooms if presence else ():
            room = self._rooms[name]
            affiliation = room.affiliation(leg)
            if affiliation is not None:
                effects += room.join(leg, replace(affiliation, whispers=whispers), self._next_talkspurt)
        return effects

    def _refuse_dangerous(self, what: AskDangerous) -> list[Effect]:
        room = self._rooms.get(what.room)
        mode = room.mode if room else RoomMode.TALKGROUP
        refusal = self._policy(what.grants, Action(what.verb.value), what.room, mode, what.at)
        return _refused(what, refusal or Refusal(RefusalCode.FORBIDDEN, "there is no such thing here"))

    # -- shared steps ------------------------------------------------------------------------

    def _find(self, what: _InRoom) -> tuple[Room, Affiliation] | Refusal:
        room = self._rooms.get(what.room)
        affiliation = room.affiliation(what.leg) if room else None
        if room is None or affiliation is None:
            return Refusal(RefusalCode.NOT_IN_ROOM)
        return room, affiliation

    def _may(self, what: JoinRoom, action: Action, mode: RoomMode) -> bool:
        return self._policy(what.grants, action, what.room, mode, what.at) is None

    def _leave(self, name: RoomId, leg: LegId, why: str, end: FloorEnd, now: float) -> list[Effect]:
        room = self._rooms[name]
        del self._presence.of(leg).rooms[name]
        self._presence.of(leg).released.pop(name, None)
        self._deadlines.clear(_GrantsEnd(name, leg))
        self._deadlines.clear(_CarrierDue(name, leg))
        ended = self._end_whispers(self._whispers.about(leg, name), end, now)
        return [*ended, *room.leave(leg, why, end, now), *self._settle(room, now)]

    def _step_floor(self, room: Room, what: floors.FloorInput, now: float) -> list[Effect]:
        return [*room.step_floor(what, now), *self._settle(room, now)]

    def _settle(self, room: Room, now: float) -> list[Effect]:
        """Give carriers and the queue their due, then keep their clocks where the room says they are."""
        effects = room.settle(now, self._next_talkspurt)
        self._keep(_FloorDue(room.spec.id), room.floor.deadline)
        for leg, deadline in room.carrier_deadlines():
            self._keep(_CarrierDue(room.spec.id, leg), deadline)
        return effects

    def _keep(self, name: _FloorDue | _CarrierDue, at: float | None) -> None:
        if at is None:
            self._deadlines.clear(name)
        else:
            self._deadlines.set(name, at)

    def _next_talkspurt(self) -> TalkspurtId:
        self._talkspurts += 1
        return TalkspurtId(self._talkspurts)


def _refused(what: Command, refusal: Refusal) -> list[Effect]:
    return [Answer(what.leg, what.id, refusal)]
