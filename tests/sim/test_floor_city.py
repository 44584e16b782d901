"""A thousand rooms of ten press in storms, lose legs and brokers; a judge a room sees no promise broken."""

from collections import defaultdict
from collections.abc import Iterable

from gateway.core.policy import floor_rank
from gateway.core.switchboard import Switchboard
from gateway.model.effects import Effect
from gateway.model.ids import LegId, RoomId
from gateway.model.inputs import Input, Tick
from sim.city import City, Timed, grants, is_radio, legs
from tests.sim.floor_judge import FloorJudge

CITY = City(rooms=1000, seed=20261123)


class Judged:
    """A switchboard whose every input is judged in each room that it touches."""

    def __init__(self, city: City) -> None:
        self.switchboard = Switchboard()
        self.judges = {
            spec.id: FloorJudge(
                spec, {leg: floor_rank(grants(leg)) for leg in legs(spec.id) if not is_radio(leg)}
            )
            for spec in city.specs()
        }
        self.room_of = {leg: spec.id for spec in city.specs() for leg in legs(spec.id)}
        self.events = 0

    def play(self, inputs: Iterable[Timed]) -> None:
        """What is due happens when it is due."""
        for at, what in inputs:
            self.run_to(at)
            self.feed(what, at)

    def run_to(self, at: float) -> None:
        while (due := self.switchboard.next_deadline()) is not None and due <= at:
            self.feed(Tick(), due)

    def feed(self, what: Input, now: float) -> None:
        self.events += 1
        by_room: dict[RoomId, list[Effect]] = defaultdict(list)
        for effect in self.switchboard.handle(what, now):
            by_room[self.room(effect)].append(effect)
        leg: LegId | None = getattr(what, "leg", None)
        if leg is not None:
            self.judges[self.room_of[leg]].after(what, by_room.pop(self.room_of[leg], []), now)
        for room, effects in by_room.items():
            self.judges[room].after(Tick(), effects, now)

    def room(self, effect: Effect) -> RoomId:
        room: RoomId | None = getattr(effect, "room", None)
        leg: LegId | None = getattr(effect, "leg", None)
        if room is not None:
            return room
        assert leg is not None
        return self.room_of[leg]


def test_in_a_thousand_rooms_at_once_no_promise_is_broken() -> None:
    city = Judged(CITY)
    city.play(CITY.arrive())
    city.play(CITY.day())
    city.run_to(CITY.seconds + 200.0)
    for judge in city.judges.values():
        judge.settled()
        assert (judge.talking, judge.arrivals) == ({}, {}), "all is quiet when all have let go"
    assert sum(judge.served for judge in city.judges.values()) > CITY.rooms
    assert city.events > 100 * CITY.rooms
