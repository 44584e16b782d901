"""Judges a room's floor by what the core orders and tells, never by how it keeps its state.

After every input: never more open gates than the mode allows; they are those of who holds the floor; who
waits is shown in the order of rank and arrival, is served in that order, and gets one outcome; nobody waits
where one more could talk, nor behind a lower rank where rank takes over; nobody talks beyond limit and grace;
who was served holds the floor unheard for a moment only; every command has one answer.
"""

from dataclasses import dataclass, field

from gateway.model.effects import Answer, Effect, OpenGate, Publish, ShutGate, Tell
from gateway.model.events import (
    FloorIdle,
    FloorRevoked,
    FloorTaken,
    FloorUnserved,
    FloorWarned,
    QueueChanged,
    RoomModeChanged,
)
from gateway.model.ids import CommandId, LegId
from gateway.model.inputs import (
    CancelRequest,
    Command,
    FloorRelease,
    FloorRequest,
    Input,
    LegLost,
    Talking,
)
from gateway.model.refusal import RefusalCode
from gateway.model.room import FloorTerms, Preemption, RoomMode, RoomSpec

_ONLY_WHILE_HELD = {RefusalCode.FLOOR_BUSY, RefusalCode.QUEUE_FULL}
_SLACK_S = 1e-6


@dataclass
class FloorJudge:
    """The judge of one room, which starts empty. ``ranks``: of everybody who asks."""

    spec: RoomSpec
    ranks: dict[LegId, int]
    mode: RoomMode = RoomMode.TALKGROUP
    gates: set[LegId] = field(default_factory=set)
    talking: dict[LegId, float] = field(default_factory=dict)
    """Who holds the floor, and since when."""
    unheard: set[LegId] = field(default_factory=set)
    """Of these, who was served and is to be heard soon."""
    arrivals: dict[LegId, int] = field(default_factory=dict)
    """Who waits, and as the how manieth it came."""
    shown: tuple[LegId, ...] = ()
    served: int = 0
    turned_away: int = 0
    queued: int = 0
    given_up: int = 0
    _came: int = 0
    _answers: dict[tuple[LegId, CommandId], Answer] = field(default_factory=dict)

    @property
    def terms(self) -> FloorTerms:
        return self.spec.floor

    def after(self, what: Input, effects: list[Effect], now: float) -> None:
        """What one input led to; what was overdue at ``now`` is in the effects before it."""
        for effect in effects:
            self._effect(effect, now)
        if isinstance(what, Command):
            self._answered(what, effects)
        if isinstance(what, Talking):
            self.unheard.discard(what.leg)
        if isinstance(what, LegLost):
            self._answers = {key: one for key, one in self._answers.items() if key[0] != what.leg}
            assert what.leg not in self.talking, "a lost leg holds no floor"
            assert what.leg not in self.arrivals, "a lost leg waits for none"
            assert what.leg not in self.gates
        self._stands(now)

    def _effect(self, effect: Effect, now: float) -> None:
        match effect:
            case OpenGate(_, leg):
                self.gates.add(leg)
            case ShutGate(_, leg):
                self.gates.discard(leg)
            case Publish(_, FloorTaken(_, leg)):
                self._taken(leg, now)
            case Publish(_, FloorIdle(_, leg)):
                assert self.talking.pop(leg, None) is not None
                self.unheard.discard(leg)
            case Publish(_, QueueChanged(_, waiting)):
                self.shown = waiting
            case Publish(_, RoomModeChanged(_, mode)):
                self.mode = mode
            case Tell(leg, FloorUnserved()):
                assert self.arrivals.pop(leg, None) is not None, "only who waits is turned away"
                self.turned_away += 1
            case Tell(leg, FloorWarned() | FloorRevoked()):
                assert leg in self.talking
            case Answer(leg, number, None) if effect.place > 0 and (leg, number) not in self._answers:
                self._waits(leg)

    def _taken(self, leg: LegId, now: float) -> None:
        self.talking[leg] = now
        assert len(self.talking) <= self.terms.talkers_max, "never more talkers than the room allows"
        assert self.gates == set(self.talking)
        if leg in self.arrivals:
            self.served += 1
            del self.arrivals[leg]
            self.unheard.add(leg)

    def _waits(self, leg: LegId) -> None:
        if leg not in self.arrivals:
            self._came += 1
            self.queued += 1
            self.arrivals[leg] = self._came

    def _answered(self, what: Command, effects: list[Effect]) -> None:
        answers = [one for one in effects if isinstance(one, Answer)]
        assert len(answers) == 1, "one answer a command"
        (answer,) = answers
        first = self._answers.get((what.leg, what.id))
        if first is not None:
            assert answer == first, "the first answer again"
            return
        self._answers[what.leg, what.id] = answer
        if isinstance(what, FloorRelease) and answer.refusal is None:
            self.given_up += self.arrivals.pop(what.leg, None) is not None
        if isinstance(what, FloorRequest) and answer.talkspurt is not None:
            self.unheard.discard(what.leg)  # who waited and now cuts in is there
        if isinstance(what, FloorRequest) and answer.refusal is not None:
            assert len(self.talking) == self.terms.talkers_max or answer.refusal.code not in _ONLY_WHILE_HELD
        if isinstance(what, CancelRequest) and answer.refusal is None:
            assert what.member not in self.arrivals

    def _stands(self, now: float) -> None:
        if self.mode is RoomMode.CONFERENCE:
            assert (self.talking, self.arrivals) == ({}, {})
            return
        assert self.gates == set(self.talking)
        order = sorted(self.arrivals, key=lambda leg: (-self.ranks[leg], self.arrivals[leg]))
        assert list(self.shown) == order, "by rank, then by arrival"
        assert len(order) <= self.terms.queue_max
        if order:
            assert len(self.talking) == self.terms.talkers_max, "nobody waits while one more could talk"
        limit_s = (self.spec.talk_limit_ms + self.terms.grace_ms) / 1000 + _SLACK_S
        for leg, since in self.talking.items():
            if leg in self.ranks:
                assert now - since <= limit_s, "nobody talks beyond limit and grace"
                if order and self.terms.preemption is Preemption.RANK:
                    assert self.ranks[order[0]] <= self.ranks[leg], "a higher rank does not wait"
            unheard_s = self.terms.unheard_ms / 1000 + _SLACK_S
            assert leg not in self.unheard or now - since <= unheard_s, "a silent floor"

    def settled(self) -> None:
        """At the end of a history: whoever waited had one outcome, or waits still."""
        assert self.queued == self.served + self.turned_away + self.given_up + len(self.arrivals)
