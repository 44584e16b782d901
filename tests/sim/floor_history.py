"""One room, four people, two radios; a history is a row of bytes, each of which is something that happens."""

from collections.abc import Callable, Iterable

from gateway.core.policy import floor_rank
from gateway.core.switchboard import Switchboard
from gateway.model.effects import Effect
from gateway.model.grants import Grants, Verb
from gateway.model.ids import BootId, CommandId, LegId, RoomId
from gateway.model.inputs import (
    Booted,
    CancelRequest,
    CarrierMoved,
    Command,
    FloorRelease,
    FloorRequest,
    Input,
    JoinRoom,
    LegLost,
    MediaDown,
    MediaUp,
    MuteMember,
    SetRoomMode,
    Talking,
    TalkLimitHit,
    Tick,
)
from gateway.model.participant import LegKind, Participant
from gateway.model.radio import CarrierTerms
from gateway.model.room import FloorTerms, Preemption, RoomMode, RoomSpec
from tests.sim.floor_judge import FloorJudge

ROOM = RoomId("ops")
UTC_0 = 1_800_000_000.0
_TALKS = frozenset({Verb.LISTEN, Verb.TALK})
_DISPATCHES = frozenset({Verb.LISTEN, Verb.TALK, Verb.DISPATCH})
GRANTS = {
    LegId("ann"): Grants("ann", _TALKS, None, UTC_0 + 1e9),
    LegId("bo"): Grants("bo", _TALKS, None, UTC_0 + 1e9),
    LegId("chief"): Grants("chief", _TALKS, None, UTC_0 + 1e9, rank=100),
    LegId("desk"): Grants("desk", _DISPATCHES, None, UTC_0 + 1e9),
    LegId("hill"): Grants("hill", _TALKS, None, UTC_0 + 1e9),
    LegId("valley"): Grants("valley", _TALKS, None, UTC_0 + 1e9),
}
LEGS = tuple(GRANTS)
DESK, RADIOS = LEGS[3], LEGS[4:]
PAUSES_S = (0.02, 0.3, 1.0, 2.5)
Happening = Callable[["FloorHistory", LegId], None]


def spec(preemption: Preemption, talkers_max: int) -> RoomSpec:
    """Short times, so that a short history meets all of them."""
    terms = FloorTerms(
        talkers_max=talkers_max,
        queue_max=2,
        queue_wait_ms=3000,
        warn_ms=500,
        grace_ms=700,
        penalty_ms=900,
        unheard_ms=1200,
        preemption=preemption,
    )
    return RoomSpec(ROOM, "Operations", talk_limit_ms=2000, floor=terms)


class FloorHistory:
    """A switchboard, its judge, and the log of what was fed."""

    def __init__(self, preemption: Preemption, talkers_max: int = 1) -> None:
        room = spec(preemption, talkers_max)
        self.switchboard = Switchboard()
        self.judge = FloorJudge(room, {leg: floor_rank(GRANTS[leg]) for leg in LEGS[:4]})
        self.log: list[tuple[Input, float, list[Effect]]] = []
        self.now = 100.0
        self._commands = 0
        self.feed(Booted(BootId("boot"), (room,)))
        for leg in LEGS:
            self.come(leg)

    def play(self, history: Iterable[int]) -> None:
        """Each byte: what happens (its upper bits), to whom (the rest of a division by six)."""
        for byte in history:
            HAPPENINGS[byte // len(LEGS) % len(HAPPENINGS)](self, LEGS[byte % len(LEGS)])
        self.judge.settled()

    def replayed(self) -> bool:
        """The same log leads another switchboard to the same effects and the same state."""
        again = Switchboard()
        same = all(again.handle(what, now) == effects for what, now, effects in self.log)
        return same and again.digest() == self.switchboard.digest()

    def feed(self, what: Input) -> None:
        effects = self.switchboard.handle(what, self.now)
        self.log.append((what, self.now, effects))
        self.judge.after(what, effects, self.now)

    def next_id(self) -> CommandId:
        self._commands += 1
        return CommandId(self._commands)

    @property
    def at(self) -> float:
        return UTC_0 + self.now

    # -- what happens ------------------------------------------------------------------------

    def come(self, leg: LegId) -> None:
        self.feed(MediaUp(leg))
        radio = leg in RADIOS
        person = Participant(leg, leg, "", LegKind.RADIO if radio else LegKind.BROWSER)
        terms = CarrierTerms(hang_ms=100, tail_ms=100) if radio else None
        self.feed(JoinRoom(self.next_id(), leg, ROOM, person, GRANTS[leg], self.at, terms))

    def ask(self, leg: LegId, *, waits: bool, overrides: bool = False) -> None:
        if leg in RADIOS:
            self.feed(CarrierMoved(leg, on=True))
        else:
            self.feed(FloorRequest(self.next_id(), leg, ROOM, self.at, waits, overrides))

    def let_go(self, leg: LegId) -> None:
        if leg in RADIOS:
            self.feed(CarrierMoved(leg, on=False))
        else:
            self.feed(FloorRelease(self.next_id(), leg, ROOM))

    def wait(self, seconds: float) -> None:
        """What is due happens when it is due."""
        until = self.now + seconds
        while (due := self.switchboard.next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self.feed(Tick())
        self.now = until

    def say(self, leg: LegId) -> None:
        self.feed(Talking(leg, ROOM, on=True))

    def lose(self, leg: LegId) -> None:
        self.feed(LegLost(leg, "link"))
        self.come(leg)

    def break_media(self, leg: LegId) -> None:
        self.feed(MediaDown(leg, "consent"))
        self.feed(MediaUp(leg))

    def mute(self, leg: LegId, *, muted: bool) -> None:
        self.feed(MuteMember(self.next_id(), DESK, ROOM, leg, muted, self.at))

    def cancel(self, leg: LegId) -> None:
        self.feed(CancelRequest(self.next_id(), DESK, ROOM, leg, self.at))

    def switch(self, leg: LegId) -> None:
        mode = RoomMode.CONFERENCE if leg == LEGS[0] else RoomMode.TALKGROUP
        self.feed(SetRoomMode(self.next_id(), DESK, ROOM, mode, self.at))

    def cut_by_engine(self, _leg: LegId) -> None:
        view = self.switchboard.view(ROOM, self.now)
        if view is not None and view.holder is not None and view.talkspurt is not None:
            self.feed(TalkLimitHit(view.holder, ROOM, view.talkspurt))

    def repeat(self, leg: LegId) -> None:
        mine = [what for what, _, _ in self.log[-20:] if isinstance(what, Command) and what.leg == leg]
        lost = any(isinstance(what, LegLost) and what.leg == leg for what, _, _ in self.log[-20:])
        if mine and not lost:
            self.feed(mine[-1])


HAPPENINGS: tuple[Happening, ...] = (
    lambda history, leg: history.ask(leg, waits=True),
    lambda history, leg: history.let_go(leg),
    lambda history, leg: history.ask(leg, waits=True),
    lambda history, leg: history.wait(PAUSES_S[LEGS.index(leg) % len(PAUSES_S)]),
    lambda history, leg: history.ask(leg, waits=False),
    lambda history, leg: history.let_go(leg),
    lambda history, leg: history.ask(leg, waits=True, overrides=True),
    lambda history, leg: history.wait(PAUSES_S[LEGS.index(leg) % len(PAUSES_S)]),
    FloorHistory.lose,
    FloorHistory.break_media,
    lambda history, leg: history.mute(leg, muted=True),
    lambda history, leg: history.mute(leg, muted=False),
    FloorHistory.cancel,
    FloorHistory.switch,
    FloorHistory.cut_by_engine,
    FloorHistory.repeat,
    FloorHistory.say,
)
