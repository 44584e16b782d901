"""Two rooms, two dispatchers, people, a phone and a radio; a history is a row of bytes, each a happening.

The judge is a media plane of sets: who is in which place, hears it, and has a gate open there. What it knows
it was told by effects alone.
"""

from collections.abc import Callable, Iterable

from gateway.core.switchboard import Switchboard
from gateway.core.whispers import SETTLE_S
from gateway.model.effects import Effect, JoinMedia, LeaveMedia, OpenGate, Publish, ShutGate, Tell
from gateway.model.events import WhisperChanged
from gateway.model.grants import Grants, Verb
from gateway.model.ids import BootId, CommandId, LegId, RoomId
from gateway.model.inputs import (
    Booted,
    CarrierMoved,
    Command,
    FloorRelease,
    FloorRequest,
    Input,
    JoinRoom,
    LeaveRoom,
    LegLost,
    MediaDown,
    MediaUp,
    MoveMember,
    MuteMember,
    RemoveMember,
    SetRoomMode,
    TalkLimitHit,
    Tick,
    WhisperTo,
)
from gateway.model.participant import LegKind, Participant
from gateway.model.radio import CarrierTerms
from gateway.model.room import RoomMode, RoomSpec

ROOMS = (RoomSpec(RoomId("ops"), "Operations", talk_limit_ms=2000), RoomSpec(RoomId("fire"), "Fire"))
UTC_0 = 1_800_000_000.0
_TALKS = frozenset({Verb.LISTEN, Verb.TALK})
_DISPATCHES = frozenset({Verb.LISTEN, Verb.TALK, Verb.DISPATCH})
KINDS = {
    LegId("desk"): LegKind.BROWSER,
    LegId("seat"): LegKind.BROWSER,
    LegId("ann"): LegKind.BROWSER,
    LegId("1001"): LegKind.PHONE,
    LegId("hill"): LegKind.RADIO,
}
LEGS = tuple(KINDS)
DESKS, RADIO = LEGS[:2], LEGS[4]
PAUSES_S = (0.02, 0.3, 0.71, 1.5, 2.5)
Happening = Callable[["WhisperHistory", LegId, int], None]


class WhisperHistory:
    """A switchboard, what it told the media plane, and the log of what was fed."""

    def __init__(self) -> None:
        self.switchboard = Switchboard()
        self.log: list[tuple[Input, float, list[Effect]]] = []
        self.now = 100.0
        self.whispered = 0
        self._commands = 0
        self._hears: dict[RoomId, set[LegId]] = {}
        self._gates: dict[LegId, set[RoomId]] = {leg: set() for leg in LEGS}
        self._quiet_until: dict[LegId, float] = {}
        """Until when the last words of a whisper are on their way, and no gate may open."""
        self._targets: dict[LegId, LegId] = {}
        """Who was told to be whispered to, by whisperer."""
        self.feed(Booted(BootId("boot"), ROOMS))
        for leg in LEGS:
            self.come(leg)

    def play(self, history: Iterable[int]) -> None:
        """Each byte: what happens, to whom, and of what kind."""
        for byte in history:
            rest, who = divmod(byte, len(LEGS))
            HAPPENINGS[rest % len(HAPPENINGS)](self, LEGS[who], byte)

    def replayed(self) -> bool:
        """The same log leads another switchboard to the same effects and the same state."""
        again = Switchboard()
        same = all(again.handle(what, now) == effects for what, now, effects in self.log)
        return same and again.digest() == self.switchboard.digest()

    def feed(self, what: Input) -> None:
        effects = self.switchboard.handle(what, self.now)
        self.log.append((what, self.now, effects))
        for effect in effects:
            self._judge(effect)
        self._check()

    # -- what must hold ----------------------------------------------------------------------

    def _judge(self, effect: Effect) -> None:
        match effect:
            case JoinMedia(place, leg, hear):
                (self._hears.setdefault(place, set()).add if hear else self._hears[place].discard)(leg)
            case LeaveMedia(place, leg):
                self._hears.get(place, set()).discard(leg)
                self._gates[leg].discard(place)
            case OpenGate(place, leg, _, limit_ms):
                assert self.now >= self._quiet_until.get(leg, 0), "its last words would be heard there"
                self._gates[leg].add(place)
                assert limit_ms > 0 or not _is_place(place)
            case ShutGate(place, leg):
                if place in self._gates[leg] and _is_place(place):
                    self._quiet_until[leg] = self.now + SETTLE_S
                self._gates[leg].discard(place)
            case Tell(leg, WhisperChanged(_, by, to, on)):
                assert leg in (by, to), "told to a third"
                if on:
                    self._targets[by] = to
                else:
                    self._targets.pop(by, None)
            case Publish(_, event):
                assert not isinstance(event, WhisperChanged), "told to all"

    def _check(self) -> None:
        """A whisper reaches the one leg that was told of it; its whisperer is heard nowhere else."""
        whispering = {
            leg: place for leg, places in self._gates.items() for place in places if _is_place(place)
        }
        for leg, place in whispering.items():
            assert self._gates[leg] == {place}
            assert self._hears[place] == {self._targets[leg]}
            assert KINDS[self._targets[leg]] is not LegKind.RADIO
            assert leg in DESKS
        assert set(self._targets) == set(whispering)
        assert len(set(whispering.values())) == len(whispering)
        self.whispered += len(whispering)

    # -- what happens ------------------------------------------------------------------------

    def come(self, leg: LegId) -> None:
        self.feed(MediaUp(leg))
        person = Participant(leg, leg, "", KINDS[leg])
        may = Grants(leg, _DISPATCHES if leg in DESKS else _TALKS, None, UTC_0 + 1e9)
        terms = CarrierTerms(hang_ms=100, tail_ms=100) if leg == RADIO else None
        for room in ROOMS if leg in DESKS else ROOMS[:1]:
            self.feed(JoinRoom(self.next_id(), leg, room.id, person, may, self.at, terms))

    def whisper(self, leg: LegId, byte: int, *, on: bool) -> None:
        by = DESKS[byte % len(DESKS)]
        self.feed(WhisperTo(self.next_id(), by, ROOMS[byte // 128].id, leg, on, self.at))

    def ask(self, leg: LegId, byte: int) -> None:
        if leg == RADIO:
            self.feed(CarrierMoved(leg, on=True))
        else:
            waits, overrides = bool(byte & 1), leg in DESKS and bool(byte & 2)
            self.feed(FloorRequest(self.next_id(), leg, ROOMS[0].id, self.at, waits, overrides))

    def let_go(self, leg: LegId, _byte: int) -> None:
        if leg == RADIO:
            self.feed(CarrierMoved(leg, on=False))
        else:
            self.feed(FloorRelease(self.next_id(), leg, ROOMS[0].id))

    def wait(self, _leg: LegId, byte: int) -> None:
        """What is due happens when it is due."""
        until = self.now + PAUSES_S[byte % len(PAUSES_S)]
        while (due := self.switchboard.next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self.feed(Tick())
        self.now = until

    def lose(self, leg: LegId, byte: int) -> None:
        if byte & 1:
            self.feed(LegLost(leg, "link"))
            self._quiet_until.pop(leg, None)  # with all that it said
            self.come(leg)
        else:
            self.feed(MediaDown(leg, "consent"))
            self.feed(MediaUp(leg))

    def part(self, leg: LegId, byte: int) -> None:
        room, other = ROOMS[byte & 1].id, ROOMS[1 - (byte & 1)].id
        order: Command
        if byte & 2:
            order = MoveMember(self.next_id(), DESKS[0], room, leg, other, self.at)
        elif byte & 4:
            order = RemoveMember(self.next_id(), DESKS[0], room, leg, self.at)
        else:
            order = LeaveRoom(self.next_id(), leg, room)
        self.feed(order)
        self.come(leg)

    def mute(self, leg: LegId, byte: int) -> None:
        self.feed(MuteMember(self.next_id(), DESKS[1], ROOMS[0].id, leg, bool(byte & 1), self.at))

    def switch(self, _leg: LegId, byte: int) -> None:
        mode = RoomMode.CONFERENCE if byte & 1 else RoomMode.TALKGROUP
        self.feed(SetRoomMode(self.next_id(), DESKS[1], ROOMS[byte // 128].id, mode, self.at))

    def cut_by_engine(self, leg: LegId, _byte: int) -> None:
        for what in [e for _, _, effects in self.log[-5:] for e in effects if isinstance(e, OpenGate)]:
            self.feed(TalkLimitHit(leg, what.room, what.talkspurt))

    def next_id(self) -> CommandId:
        self._commands += 1
        return CommandId(self._commands)

    @property
    def at(self) -> float:
        return UTC_0 + self.now


def _is_place(name: RoomId) -> bool:
    return name not in {room.id for room in ROOMS}


HAPPENINGS: tuple[Happening, ...] = (
    lambda history, leg, byte: history.whisper(leg, byte, on=True),
    WhisperHistory.wait,
    lambda history, leg, byte: history.whisper(leg, byte, on=True),
    WhisperHistory.let_go,
    lambda history, leg, byte: history.whisper(leg, byte, on=False),
    WhisperHistory.ask,
    WhisperHistory.wait,
    lambda history, leg, byte: history.whisper(leg, byte, on=True),
    WhisperHistory.let_go,
    WhisperHistory.lose,
    WhisperHistory.part,
    WhisperHistory.mute,
    WhisperHistory.switch,
    WhisperHistory.cut_by_engine,
)
