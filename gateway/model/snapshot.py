"""A room as its members may see it: where a session starts before the deltas."""

from dataclasses import dataclass

from gateway.model.data import MessageView, Position, Status
from gateway.model.ids import LegId, RoomId, TalkspurtId
from gateway.model.participant import Participant
from gateway.model.radio import Air
from gateway.model.room import RoomMode
from gateway.model.video import VideoKind


@dataclass(frozen=True, slots=True)
class Member:
    participant: Participant
    media_up: bool
    air: Air | None = None
    """Set for a radio leg."""
    talker: str = ""
    """Who talks on the air of a radio leg, if its network says so."""
    muted: bool = False
    """Its voice is not let into the room, by order of a dispatcher."""
    shows: tuple[VideoKind, ...] = ()
    """What the room may see of it."""
    status: Status | None = None
    position: Position | None = None


@dataclass(frozen=True, slots=True)
class RoomView:
    """One room now. ``holder`` is the talker of a talkgroup or broadcast; ``talkers`` of a conference.

    Where several may talk at once ``holder`` began last.
    """

    id: RoomId
    name: str
    mode: RoomMode
    talk_limit_ms: int
    members: tuple[Member, ...]
    holder: LegId | None
    talkspurt: TalkspurtId | None
    holder_since_ms: int
    """How long the holder has been talking, at the time of the view."""
    talkers: tuple[LegId, ...]
    messages: tuple[MessageView, ...] = ()
    """The newest, oldest first."""
    queue: tuple[LegId, ...] = ()
    """Who waits for the floor, next to be served first."""
    beside: tuple[LegId, ...] = ()
    """Who else holds the floor, first to begin first."""
    talkers_max: int = 1
    """So many may hold it at once."""
    made: bool = False
    """By a person, while the gateway ran; it can be closed again."""
