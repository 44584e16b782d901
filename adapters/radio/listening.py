"""What the room's events say to a radio channel: who talks, by what name, and whether the radio is heard."""

from adapters.radio.config import RadioChannel
from adapters.radio.keying import Source
from adapters.radio.translate import NAME_CHARS_MAX, source_kind
from gateway.model.events import (
    Event,
    FloorIdle,
    FloorTaken,
    ParticipantJoined,
    ParticipantLeft,
    RoomModeChanged,
    TalkerChanged,
)
from gateway.model.ids import LegId, RoomId
from gateway.model.participant import LegKind, Participant
from gateway.model.refusal import Refusal
from gateway.model.room import RoomMode
from gateway.model.snapshot import RoomView

COUPLED_PRIORITY = 32
"""One radio on another's air: less than anybody who presses a key for it (radio.md section 5)."""


_HEEDED = FloorTaken | FloorIdle | TalkerChanged | ParticipantJoined | ParticipantLeft | RoomModeChanged


class Listening:
    """Fed with every event that the channel is told, in order, after ``begin``."""

    me: LegId

    def __init__(self, config: RadioChannel) -> None:
        self._priority = config.priority
        self._room = RoomId(config.room)
        self._members: dict[LegId, Participant] = {}
        self._talking: dict[LegId, None] = {}
        """Who holds the floor; in an open room everybody who is heard, first to begin first."""
        self.open_room = False
        """Nobody asks for the floor: voices key."""

    def begin(self, view: RoomView | Refusal) -> None:
        """The room as it is when the channel has entered it, or was taken to it."""
        if isinstance(view, Refusal):
            return
        self._room = view.id
        self._members = {member.participant.leg: member.participant for member in view.members}
        self.open_room = view.mode is RoomMode.CONFERENCE
        talking = view.talkers if self.open_room else (*view.beside, view.holder)
        self._talking = dict.fromkeys(leg for leg in talking if leg is not None)

    @property
    def heard(self) -> bool:
        """The room hears this radio now."""
        return self.me in self._talking

    def source(self) -> Source | None:
        """Who is to be transmitted: whoever talks and is not this radio."""
        leg = next((leg for leg in self._talking if leg != self.me), None)
        if leg is None:
            return None
        who = self._members.get(leg)
        if who is None:
            return Source("web", leg, "", self._priority)
        priority = COUPLED_PRIORITY if who.kind is LegKind.RADIO else self._priority
        return Source(source_kind(who.kind), leg, who.name[:NAME_CHARS_MAX], priority)

    def event(self, event: Event) -> None:
        """Something happened, in this room or in the one that the channel was taken from."""
        if not isinstance(event, _HEEDED) or event.room != self._room:
            return
        match event:
            case FloorTaken(_, leg) | TalkerChanged(_, leg, True):
                self._talking[leg] = None
            case FloorIdle(_, leg) | TalkerChanged(_, leg, False):
                self._talking.pop(leg, None)
            case ParticipantJoined(_, participant):
                self._members[participant.leg] = participant
            case ParticipantLeft(_, leg):
                self._members.pop(leg, None)
                self._talking.pop(leg, None)
            case RoomModeChanged(_, mode):
                self.open_room = mode is RoomMode.CONFERENCE
                self._talking.clear()
