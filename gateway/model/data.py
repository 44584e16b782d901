"""What people send each other beside voice and pictures: messages, status codes, positions."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.model.ids import LegId, MessageId, RoomId


class StatusCode(StrEnum):
    """What a responder says by one key; the order is that of the radio codes 1 to 5."""

    RECEIVED = "received"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    NEED_HELP = "need_help"
    DONE = "done"


class ReceiptState(StrEnum):
    """How far a message came to somebody. That it is stored is the answer to its sender."""

    DELIVERED = "delivered"
    """Their page has it."""
    SEEN = "seen"
    """They had it before their eyes."""


@dataclass(frozen=True, slots=True)
class Message:
    """A text that was posted to a room. Names and text are personal data."""

    room: RoomId
    id: MessageId
    leg: LegId
    """Its author's leg when it was posted; it may have left."""
    author: str
    """The person behind the leg, the same after a reconnect: the token's subject and the name shown."""
    name: str
    unit: str
    text: str
    at: float
    """UTC seconds, when the hub took it."""


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message in a snapshot, and how many others it was delivered to and seen by."""

    message: Message
    delivered: int
    seen: int


@dataclass(frozen=True, slots=True)
class Status:
    """The last status code of a member."""

    code: StatusCode
    age_ms: int


@dataclass(frozen=True, slots=True)
class Position:
    """A fix in WGS 84 (personal data)."""

    lat: float
    """Degrees, north is positive."""
    lon: float
    """Degrees, east is positive."""
    accuracy_m: float
    """Radius in metres within which the truth lies, 95 % of the time."""
    age_ms: int
    """How old the fix is."""
