"""Calls that rooms make: a bounded table of those under way."""

from dataclasses import dataclass

from gateway.model.call import CallState
from gateway.model.effects import Effect, Publish
from gateway.model.events import CallChanged
from gateway.model.ids import CallId, LegId, RoomId

CALLS_MAX = 256
"""Calls that ring at once, of all rooms."""


@dataclass(frozen=True, slots=True)
class OutgoingCall:
    """One call that was placed and not answered yet."""

    room: RoomId
    number: str
    by: LegId


class Calls:
    """Which calls are under way. A call leaves the table with its last state."""

    def __init__(self) -> None:
        self._placed = 0
        self._under_way: dict[CallId, OutgoingCall] = {}

    @property
    def full(self) -> bool:
        return len(self._under_way) >= CALLS_MAX

    def place(self, call: OutgoingCall) -> tuple[CallId, Effect]:
        """A new call and how the room is told."""
        self._placed += 1
        number = CallId(self._placed)
        self._under_way[number] = call
        return number, _told(number, call, CallState.DIALLING)

    def room_of(self, call: CallId) -> RoomId | None:
        """The room that placed it; None when it is over."""
        found = self._under_way.get(call)
        return None if found is None else found.room

    def of(self, room: RoomId) -> list[CallId]:
        """Calls of a room that are under way."""
        return [number for number, call in self._under_way.items() if call.room == room]

    def moved(self, number: CallId, state: CallState) -> list[Effect]:
        """News of a call; of one that is over it is late news."""
        call = self._under_way.get(number)
        if call is None:
            return []
        if state.over:
            del self._under_way[number]
        return [_told(number, call, state)]


def _told(number: CallId, call: OutgoingCall, state: CallState) -> Publish:
    return Publish(call.room, CallChanged(call.room, number, call.number, state, call.by))
