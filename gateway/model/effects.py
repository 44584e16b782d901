"""Orders of the core to the shell. They run in order, after the record is in the spool."""

from dataclasses import dataclass

from gateway.model.events import Event
from gateway.model.ids import CallId, CommandId, LegId, RoomId, TalkspurtId
from gateway.model.refusal import Refusal
from gateway.model.video import VideoKind


@dataclass(frozen=True, slots=True)
class Answer:
    """The one final answer to a command; ``refusal`` None means done."""

    leg: LegId
    id: CommandId
    refusal: Refusal | None = None
    talkspurt: TalkspurtId | None = None
    """Set on a granted FloorRequest or WhisperTo."""
    limit_ms: int = 0
    place: int = 0
    """Set on a FloorRequest that waits: 1 is the next to be served. Its outcome is told later."""
    wait_ms: int = 0
    """Set on a FloorRequest or WhisperTo that was refused for a while."""
    call: CallId | None = None
    """Set on a granted CallNumber."""
    made: RoomId | None = None
    """Set on a granted CreateRoom."""


@dataclass(frozen=True, slots=True)
class Publish:
    """Tell every member of ``room`` (their own leg included) what happened."""

    room: RoomId
    event: Event


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell one leg alone."""

    leg: LegId
    event: Event


@dataclass(frozen=True, slots=True)
class JoinMedia:
    """The leg hears the room from now on (``hear``), and may be heard when its gate opens."""

    room: RoomId
    leg: LegId
    hear: bool


@dataclass(frozen=True, slots=True)
class LeaveMedia:
    room: RoomId
    leg: LegId


@dataclass(frozen=True, slots=True)
class OpenGate:
    """Let the leg's voice into the room; the media core shuts it itself after ``limit_ms`` (0: never)."""

    room: RoomId
    leg: LegId
    talkspurt: TalkspurtId
    limit_ms: int


@dataclass(frozen=True, slots=True)
class ShutGate:
    room: RoomId
    leg: LegId


@dataclass(frozen=True, slots=True)
class OpenPicture:
    """Let the room see what the leg sends of this kind."""

    room: RoomId
    leg: LegId
    kind: VideoKind


@dataclass(frozen=True, slots=True)
class ShutPicture:
    room: RoomId
    leg: LegId
    kind: VideoKind


@dataclass(frozen=True, slots=True)
class EndLeg:
    """Close the leg's media and tell its adapter why."""

    leg: LegId
    why: str


@dataclass(frozen=True, slots=True)
class PlaceCall:
    """Call a number; who answers joins the room."""

    call: CallId
    room: RoomId
    number: str


@dataclass(frozen=True, slots=True)
class CancelCall:
    """Stop ringing."""

    call: CallId


Effect = (
    Answer
    | Publish
    | Tell
    | JoinMedia
    | LeaveMedia
    | OpenGate
    | ShutGate
    | OpenPicture
    | ShutPicture
    | EndLeg
    | PlaceCall
    | CancelCall
)
