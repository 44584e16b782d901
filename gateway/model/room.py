"""What a room is, before anybody is in it."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.model.ids import RoomId


class RoomMode(StrEnum):
    """How many may talk at once."""

    TALKGROUP = "talkgroup"
    """One talker at a time; the floor machine grants."""
    CONFERENCE = "conference"
    """Open: whoever may talk is heard."""
    BROADCAST = "broadcast"
    """One way: only holders of the dispatch grant may ask for the floor; the rest listen."""


@dataclass(frozen=True, slots=True)
class RoomSpec:
    """A room before anybody is in it."""

    id: RoomId
    name: str
    mode: RoomMode = RoomMode.TALKGROUP
    talk_limit_ms: int = 30_000
    """Longest talkspurt (TS 24.380 T2 default 30 s); 0 means no limit (conference only)."""
    capacity: int = 200
    """Most participants at once; one more is refused with ``room_full``."""
    made: bool = False
    """By a person, while the gateway ran: it is in no configuration."""
