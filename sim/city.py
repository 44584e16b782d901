"""A city's radio day as a list: rooms of people and radios that press all at once, get lost, come back.

Inputs of the core with their times, seeded, in order of time: for stories in virtual time and for benchmarks.
Times are seconds of the core's clock.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.model.grants import Grants, Verb
from gateway.model.ids import BootId, CommandId, LegId, RoomId
from gateway.model.inputs import (
    Booted,
    CarrierMoved,
    FloorRelease,
    FloorRequest,
    Input,
    JoinRoom,
    LegLost,
    MediaDown,
    MediaUp,
)
from gateway.model.participant import LegKind, Participant
from gateway.model.radio import CarrierTerms
from gateway.model.room import FloorTerms, Preemption, RoomSpec

START_S = 100.0
UTC_0 = 1_800_000_000.0
PEOPLE, RADIOS = 8, 2
_UNTIL = UTC_0 + 1e9
_TALKS = frozenset({Verb.LISTEN, Verb.TALK})
_DISPATCHES = frozenset({Verb.LISTEN, Verb.TALK, Verb.DISPATCH})
_TERMS = FloorTerms(preemption=Preemption.RANK)
_LIMIT_MS = 5000
Timed = tuple[float, Input]


@dataclass(frozen=True, slots=True)
class City:
    """``rooms`` of eight people, the first of whom dispatches, and two radios."""

    rooms: int
    seed: int
    storms: int = 4
    """How often all people of a room press at once."""
    seconds: float = 60.0

    def specs(self) -> tuple[RoomSpec, ...]:
        return tuple(
            RoomSpec(room, room, talk_limit_ms=_LIMIT_MS, floor=_TERMS)
            for room in (RoomId(f"room-{number}") for number in range(self.rooms))
        )

    def arrive(self) -> Iterator[Timed]:
        """The rooms stand, everybody comes."""
        yield START_S, Booted(BootId("city"), self.specs())
        for spec in self.specs():
            for leg in legs(spec.id):
                yield from _come(START_S, spec.id, leg, CommandId(1))

    def day(self) -> Iterator[Timed]:
        """Presses, carriers, lost legs, and one broker that is cut in the middle of it; in order of time."""
        dice = random.Random(self.seed)
        happenings = [one for spec in self.specs() for one in self._room(spec.id, dice)]
        numbers: dict[LegId, int] = {}
        for at, room, leg, what in sorted(happenings):
            number = CommandId(numbers.setdefault(leg, 1) + 1)
            numbers[leg] = number
            yield from _happens(at, room, leg, what, number)

    def _room(self, room: RoomId, dice: random.Random) -> Iterator[tuple[float, RoomId, LegId, str]]:
        people, radios = legs(room)[:PEOPLE], legs(room)[PEOPLE:]
        end = START_S + self.seconds
        for _ in range(self.storms):
            at = dice.uniform(START_S, end)
            for leg in people:
                pressed = at + dice.uniform(0, 0.1)
                yield pressed, room, leg, dice.choice(("press", "press and wait", "press and wait"))
                yield pressed + dice.uniform(0.2, 7.0), room, leg, "let go"
            for leg in radios:
                heard = at + dice.uniform(-1, 5)
                yield heard, room, leg, "carrier"
                yield heard + dice.uniform(0.1, 3.0), room, leg, "carrier ends"
        lost = dice.uniform(START_S, end)
        leg = dice.choice(people)
        yield lost, room, leg, "lost"
        yield lost + 1.0, room, leg, "back"
        if dice.random() < 0.5:  # its radios are at the broker that is cut
            cut = START_S + self.seconds / 2
            for leg in radios:
                yield cut, room, leg, "cut"
                yield cut + 3.0, room, leg, "back at the broker"


def legs(room: RoomId) -> tuple[LegId, ...]:
    """Who is in a room: its people, then its radios."""
    return tuple(LegId(f"{room}/{number}") for number in range(PEOPLE + RADIOS))


def grants(leg: LegId) -> Grants:
    """The first person of a room dispatches."""
    return Grants(leg, _DISPATCHES if leg.endswith("/0") else _TALKS, None, _UNTIL)


def is_radio(leg: LegId) -> bool:
    return int(leg.rpartition("/")[2]) >= PEOPLE


def _come(at: float, room: RoomId, leg: LegId, number: CommandId) -> Iterator[Timed]:
    kind, terms = (LegKind.RADIO, CarrierTerms()) if is_radio(leg) else (LegKind.BROWSER, None)
    yield at, MediaUp(leg)
    yield at, JoinRoom(number, leg, room, Participant(leg, leg, "", kind), grants(leg), UTC_0 + at, terms)


def _happens(at: float, room: RoomId, leg: LegId, what: str, number: CommandId) -> Iterator[Timed]:
    match what:
        case "press" | "press and wait":
            yield at, FloorRequest(number, leg, room, UTC_0 + at, waits=what == "press and wait")
        case "let go":
            yield at, FloorRelease(number, leg, room)
        case "carrier" | "carrier ends":
            yield at, CarrierMoved(leg, what == "carrier")
        case "cut":
            yield at, CarrierMoved(leg, on=False)
            yield at, MediaDown(leg, "link")
        case "back at the broker":
            yield at, MediaUp(leg)
        case "lost":
            yield at, LegLost(leg, "link")
        case "back":
            yield from _come(at, room, leg, number)
