"""What legs are told: past-tense facts, never refused, numbered by the session; all but two are of rooms."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.model.call import CallState
from gateway.model.data import Message, Position, StatusCode
from gateway.model.grants import Grants
from gateway.model.ids import CallId, LegId, MessageId, RoomId, TalkspurtId
from gateway.model.participant import Participant
from gateway.model.radio import AirState, AirWhy
from gateway.model.refusal import RefusalCode
from gateway.model.room import RoomMode, RoomSpec
from gateway.model.video import VideoKind


class FloorEnd(StrEnum):
    """Why a talkspurt ended."""

    RELEASED = "released"
    TIMED_OUT = "timed_out"
    LEG_LOST = "leg_lost"
    MODE_CHANGED = "mode_changed"
    LEFT = "left"
    MUTED = "muted"
    """A dispatcher muted the talker."""
    PREEMPTED = "preempted"
    """Somebody who may took it over."""
    CARRIER = "carrier"
    """A radio's carrier took the floor: who talks on the air cannot be denied."""
    UNHEARD = "unheard"
    """Its turn came after it had waited, and it said nothing."""


@dataclass(frozen=True, slots=True)
class ParticipantJoined:
    room: RoomId
    participant: Participant
    media_up: bool = False
    """Its leg may have been heard in another room already."""


@dataclass(frozen=True, slots=True)
class ParticipantLeft:
    room: RoomId
    leg: LegId
    why: str


@dataclass(frozen=True, slots=True)
class MediaChanged:
    """A member can (not) be heard and hear: its media came up or went down."""

    room: RoomId
    leg: LegId
    up: bool


@dataclass(frozen=True, slots=True)
class FloorTaken:
    """TS 24.380 Floor Taken: ``leg`` talks, for ``limit_ms`` at most (0: no limit)."""

    room: RoomId
    leg: LegId
    talkspurt: TalkspurtId
    limit_ms: int


@dataclass(frozen=True, slots=True)
class FloorIdle:
    """TS 24.380 Floor Idle: nobody talks; ``leg`` was the last, ``why`` it ended."""

    room: RoomId
    leg: LegId
    talkspurt: TalkspurtId
    why: FloorEnd


@dataclass(frozen=True, slots=True)
class QueueChanged:
    """TS 24.380 Floor Queue Position Info, to all: who waits for the floor, next to be served first."""

    room: RoomId
    waiting: tuple[LegId, ...]


@dataclass(frozen=True, slots=True)
class FloorUnserved:
    """Told to ``leg`` alone: it waits no longer, and why it does not talk."""

    room: RoomId
    leg: LegId
    why: RefusalCode


@dataclass(frozen=True, slots=True)
class FloorWarned:
    """Told to the talker alone: its time is over in ``left_ms``."""

    room: RoomId
    leg: LegId
    talkspurt: TalkspurtId
    left_ms: int


@dataclass(frozen=True, slots=True)
class FloorRevoked:
    """TS 24.380 Floor Revoke, told to the talker alone: its time is over, it is cut in ``grace_ms``."""

    room: RoomId
    leg: LegId
    talkspurt: TalkspurtId
    grace_ms: int


@dataclass(frozen=True, slots=True)
class TalkerChanged:
    """In an open room: ``leg`` began or ceased to be heard."""

    room: RoomId
    leg: LegId
    on: bool


@dataclass(frozen=True, slots=True)
class RoomModeChanged:
    room: RoomId
    mode: RoomMode
    by: LegId


@dataclass(frozen=True, slots=True)
class CallChanged:
    """A call that ``by`` made from the room to ``number`` is where ``state`` says."""

    room: RoomId
    call: CallId
    number: str
    state: CallState
    by: LegId


@dataclass(frozen=True, slots=True)
class AirChanged:
    """The transmitter of radio channel ``leg`` is where ``state`` says: only ``on_air`` is on the air."""

    room: RoomId
    leg: LegId
    state: AirState
    why: AirWhy


@dataclass(frozen=True, slots=True)
class RadioTalkerNamed:
    """Who talks on the air of radio channel ``leg``, as its network says; often later than the first word."""

    room: RoomId
    leg: LegId
    name: str


@dataclass(frozen=True, slots=True)
class PictureShown:
    """The room may see the camera or the screen of ``leg`` from now on, or no longer."""

    room: RoomId
    leg: LegId
    kind: VideoKind
    on: bool


@dataclass(frozen=True, slots=True)
class MemberMuted:
    """The voice of ``leg`` is not let into the room from now on, or is again; ``by`` ordered it."""

    room: RoomId
    leg: LegId
    muted: bool
    by: LegId


@dataclass(frozen=True, slots=True)
class WhisperChanged:
    """Told to both alone: ``leg`` speaks to ``member`` alone from now on, or no longer (``why``)."""

    room: RoomId
    leg: LegId
    member: LegId
    on: bool
    why: FloorEnd | None = None


@dataclass(frozen=True, slots=True)
class RoomMade:
    """Told to whoever may see the room, and is in some room: there is another one."""

    spec: RoomSpec


@dataclass(frozen=True, slots=True)
class RoomGone:
    """Told to whoever might see the room: there is none of that name any more."""

    room: RoomId


@dataclass(frozen=True, slots=True)
class MemberMoved:
    """Told to ``leg`` alone, before it leaves ``room``: a dispatcher takes it to ``to``, where it is at once.

    ``grants``: what it may do there, until it leaves.
    """

    room: RoomId
    leg: LegId
    to: RoomId
    grants: Grants


@dataclass(frozen=True, slots=True)
class MessagePosted:
    message: Message


@dataclass(frozen=True, slots=True)
class ReceiptChanged:
    """So many others have this message now; told to its author alone."""

    room: RoomId
    message: MessageId
    delivered: int
    seen: int


@dataclass(frozen=True, slots=True)
class StatusChanged:
    room: RoomId
    leg: LegId
    code: StatusCode


@dataclass(frozen=True, slots=True)
class PositionChanged:
    room: RoomId
    leg: LegId
    position: Position


@dataclass(frozen=True, slots=True)
class SlotFilled:
    """Another source is in an audio slot of this leg (DESIGN 3.5): its packets bear ``number`` as CSRC[0].

    Not of a room and no decision, so no record: the media core chose. ``source`` is None when it has left.
    """

    slot: int
    number: int
    source: LegId | None


@dataclass(frozen=True, slots=True)
class SlotPictured:
    """What a video slot of this leg carries from the packet with ``rtp_timestamp`` (90 kHz) on.

    Like ``SlotFilled`` no decision. ``source`` None: nothing (``kind`` is None too), or a picture whose leg
    has left. ``layer`` counts simulcast layers from the lowest. ``paused``: the way to this leg is too narrow
    for any.
    """

    slot: int
    number: int
    source: LegId | None
    kind: VideoKind | None
    rtp_timestamp: int
    layer: int
    paused: bool


Event = (
    ParticipantJoined
    | ParticipantLeft
    | MediaChanged
    | FloorTaken
    | FloorIdle
    | QueueChanged
    | FloorUnserved
    | FloorWarned
    | FloorRevoked
    | TalkerChanged
    | RoomModeChanged
    | CallChanged
    | AirChanged
    | RadioTalkerNamed
    | PictureShown
    | MemberMuted
    | WhisperChanged
    | MemberMoved
    | RoomMade
    | RoomGone
    | MessagePosted
    | ReceiptChanged
    | StatusChanged
    | PositionChanged
    | SlotFilled
    | SlotPictured
)
