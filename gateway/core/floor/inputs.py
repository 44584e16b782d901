"""What can happen to a floor."""

from dataclasses import dataclass

from gateway.model.events import FloorEnd
from gateway.model.grants import NORMAL_RANK
from gateway.model.ids import CommandId, LegId, TalkspurtId


@dataclass(frozen=True, slots=True)
class Request:
    """Floor Request. ``talkspurt`` is the number of the talkspurt if it is granted at once."""

    id: CommandId
    leg: LegId
    talkspurt: TalkspurtId
    rank: int = NORMAL_RANK
    waits: bool = False
    """It would rather wait than be denied."""
    overrides: bool = False
    """It wants the floor now, whoever has it; that it may is decided before."""
    streams: bool = False
    """It sends all the time: what came before the request belongs to no press."""


@dataclass(frozen=True, slots=True)
class Release:
    """Floor Release; from a leg that neither holds the floor nor waits it says ok and changes nothing."""

    id: CommandId
    leg: LegId


@dataclass(frozen=True, slots=True)
class Cancel:
    """A dispatcher takes a leg out of the queue (TS 23.379, 10.9.1.3.4)."""

    leg: LegId


@dataclass(frozen=True, slots=True)
class Serve:
    """The floor is free and no radio wants it: the first of the queue talks. ``talkspurt``: its number."""

    talkspurt: TalkspurtId


@dataclass(frozen=True, slots=True)
class CarrierOn:
    """Somebody talks on the air of a radio leg. ``limit_ms`` 0: the room's limit."""

    leg: LegId
    talkspurt: TalkspurtId
    limit_ms: int = 0


@dataclass(frozen=True, slots=True)
class CarrierOff:
    """Nobody talks on the air of a radio leg any more."""

    leg: LegId


@dataclass(frozen=True, slots=True)
class Heard:
    """A leg is heard: its gate is open and it makes sound."""

    leg: LegId


@dataclass(frozen=True, slots=True)
class Due:
    """The floor's deadline has come."""


@dataclass(frozen=True, slots=True)
class LimitHit:
    """The media core shut the gate of this talkspurt by itself."""

    talkspurt: TalkspurtId


@dataclass(frozen=True, slots=True)
class LegGone:
    """A leg can no longer be heard here: lost, left, muted, or its media went down."""

    leg: LegId
    why: FloorEnd


@dataclass(frozen=True, slots=True)
class Opened:
    """The room now has a floor (talkgroup, broadcast); a talkspurt under the old mode ends."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The room now has no floor (conference)."""


FloorInput = (
    Request
    | Release
    | Cancel
    | Serve
    | CarrierOn
    | CarrierOff
    | Heard
    | Due
    | LimitHit
    | LegGone
    | Opened
    | Closed
)
