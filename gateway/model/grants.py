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


@dataclass(frozen=True, slots=True)
class Grants:
    """Rights in a set of rooms until a time. ``rooms`` None means every room."""

    subject: str
    verbs: frozenset[Verb]
    rooms: frozenset[RoomId] | None
    expires_at: float
    """Seconds of UTC (POSIX time)."""
