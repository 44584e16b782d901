"""Why a command was refused: a closed set of stable codes that clients may match on."""

from dataclasses import dataclass
from enum import StrEnum


class RefusalCode(StrEnum):
    """Stable machine codes; the words for people live in the pages, by code."""

    UNKNOWN_ROOM = "unknown_room"
    ROOM_FULL = "room_full"
    NOT_ALLOWED = "not_allowed"
    EXPIRED = "expired"
    NOT_IN_ROOM = "not_in_room"
    FLOOR_BUSY = "floor_busy"
    QUEUE_FULL = "queue_full"
    """Another leg talks, and no more may wait."""
    WAITED_TOO_LONG = "waited_too_long"
    """It waited in the queue, and its turn did not come in time."""
    CANCELLED = "cancelled"
    """A dispatcher took the request out of the queue, or the room's mode changed."""
    PENALTY = "penalty"
    """It talked beyond the limit a moment ago, and has to leave the floor to others."""
    NO_FLOOR = "no_floor"
    """The room has no floor now (conference): just talk."""
    MUTED = "muted"
    """A dispatcher muted this member: its voice is not wanted now."""
    WHISPERING = "whispering"
    """A whisper is under way, or its last words are: that voice goes to one member and nowhere else."""
    TALKING = "talking"
    """It talks in a room, or waits to: a whisper would be heard there."""
    OVERHEARD = "overheard"
    """Nobody knows who all would hear the whisper: a radio channel, or a player."""
    FORBIDDEN = "forbidden"
    """Nobody may do this, whatever right they have."""
    NO_MEDIA = "no_media"
    """The leg's media is not up, so nobody could hear it."""
    UNKNOWN_MEMBER = "unknown_member"
    """Nobody of that name is in the room (any more)."""
    NOT_REMOVABLE = "not_removable"
    """A radio channel is in its room by configuration; it can be muted."""
    ROOM_CONFIGURED = "room_configured"
    """The room is in the configuration: only that can end it."""
    ROOM_IN_USE = "room_in_use"
    """Somebody besides dispatchers is still in the room."""
    BAD_OFFER = "bad_offer"
    TOO_MANY = "too_many"
    """A configured limit was reached (sessions, rooms, messages a second)."""
    INVALID = "invalid"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A command's negative answer. ``detail`` is for engineers, in English, without personal data."""

    code: RefusalCode
    detail: str = ""
