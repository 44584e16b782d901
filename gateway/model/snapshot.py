"""A room as its members may see it: where a session starts before the deltas."""

from dataclasses import dataclass

from gateway.model.ids import LegId, RoomId, TalkspurtId
from gateway.model.participant import Participant
from gateway.model.radio import Air
from gateway.model.room import RoomMode


@dataclass(frozen=True, slots=True)
class Member:
    participant: Participant
    media_up: bool
    air: Air | None = None
    """Set for a radio leg."""
    talker: str = ""
    """Who talks on the air of a radio leg, if its network says so."""


@dataclass(frozen=True, slots=True)
class RoomView:
    """One room now. ``holder`` is the talker of a talkgroup or broadcast; ``talkers`` of a conference."""

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
