"""What a bearer may do, and where."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.model.ids import RoomId


class Verb(StrEnum):
    """The rights a token can carry."""

    LISTEN = "listen"
    TALK = "talk"
    VIDEO = "video"
    DATA = "data"
    DISPATCH = "dispatch"
    """Change a room's mode, call numbers, mute and remove members, talk in a broadcast."""
    API = "api"
    """Ask by ``/api/v1``, as an application; each operation needs the verb of what it does besides."""
    ADMIN = "admin"
    """Everything, in every room."""


class DangerousVerb(StrEnum):
    """What dispatch products let somebody do to people who do not know of it. Here nobody may."""

    DISCREET_LISTENING = "discreet_listening"
    """Hear a member without it, or anybody, being told."""
    REMOTE_MICROPHONE = "remote_microphone"
    """Open a member's microphone without its doing."""


NORMAL_RANK = 64
DISPATCH_RANK = 128
RANK_MAX = 255


@dataclass(frozen=True, slots=True)
class Grants:
    """Rights in a set of rooms until a time. ``rooms`` None means every room."""

    subject: str
    verbs: frozenset[Verb]
    rooms: frozenset[RoomId] | None
    expires_at: float
    """Seconds of UTC (POSIX time)."""
    rank: int = NORMAL_RANK
    """Floor priority (TS 24.380): 0 to 255; who dispatches has DISPATCH_RANK at least."""
