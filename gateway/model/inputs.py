"""Everything that can happen to the core: commands (may be refused) and facts (may not).

The shell stamps ids and times; replaying the same inputs reaches the same state.
"""

from dataclasses import dataclass

from gateway.model.call import CallState
from gateway.model.data import Message, Position, ReceiptState, StatusCode
from gateway.model.grants import DangerousVerb, Grants
from gateway.model.ids import BootId, CallId, CommandId, LegId, MessageId, RoomId, TalkspurtId
from gateway.model.participant import Participant
from gateway.model.radio import AirState, AirWhy, CarrierTerms
from gateway.model.room import RoomMode, RoomSpec
from gateway.model.video import VideoKind

# -- facts ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Booted:
    """First input of every run: all legs of the run before are gone, rooms stand as given."""

    boot: BootId
    rooms: tuple[RoomSpec, ...]
    switched: tuple[RoomId, ...] = ()
    """The rooms whose mode somebody set in an earlier run; the others have their configured mode."""
    messages: tuple[Message, ...] = ()
    """The newest messages that were posted in earlier runs, oldest first."""


@dataclass(frozen=True, slots=True)
class MediaUp:
    """The leg's media transport is connected: it can hear and be heard."""

    leg: LegId


@dataclass(frozen=True, slots=True)
class MediaDown:
    """The leg's media transport ended (``why`` from the media plane's closed set)."""

    leg: LegId
    why: str


@dataclass(frozen=True, slots=True)
class LegLost:
    """The leg is gone: link closed, resume hold expired, or ended by its adapter."""

    leg: LegId
    why: str


@dataclass(frozen=True, slots=True)
class TalkLimitHit:
    """The media core shut the gate by itself because the armed talk-time limit ran out."""

    leg: LegId
    room: RoomId
    talkspurt: TalkspurtId


@dataclass(frozen=True, slots=True)
class Talking:
    """Voice activity of a leg in an open room, as the media core hears it."""

    leg: LegId
    room: RoomId
    on: bool


@dataclass(frozen=True, slots=True)
class CallMoved:
    """News of a call that a room makes."""

    call: CallId
    state: CallState


@dataclass(frozen=True, slots=True)
class CarrierMoved:
    """COR: the receiver of a radio leg hears somebody, or ceased to."""

    leg: LegId
    on: bool


@dataclass(frozen=True, slots=True)
class AirMoved:
    """News of a radio leg's transmitter, as its bridge tells."""

    leg: LegId
    state: AirState
    why: AirWhy = AirWhy.NONE


@dataclass(frozen=True, slots=True)
class RadioTalker:
    """Who talks on the air of a radio leg, as its network says (personal data)."""

    leg: LegId
    name: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A deadline that the core asked for has come."""


@dataclass(frozen=True, slots=True)
class ClockStepped:
    """UTC moved against the monotonic clock by more than the tolerance (evidence, no effect)."""

    by_ms: int


# -- commands ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class JoinRoom:
    """Put a leg into a room. A leg may be in several rooms."""

    id: CommandId
    leg: LegId
    room: RoomId
    participant: Participant
    grants: Grants
    at: float
    """UTC seconds, for the expiry check."""
    carrier: CarrierTerms | None = None
    """Set for a radio leg: it talks by its carrier, never by FloorRequest."""
    monitor: bool = False
    """Only listen while the room is open; another JoinRoom changes it. The floor is asked for as ever."""


@dataclass(frozen=True, slots=True)
class LeaveRoom:
    id: CommandId
    leg: LegId
    room: RoomId


@dataclass(frozen=True, slots=True)
class FloorRequest:
    """Ask for the right to talk (TS 24.380 Floor Request)."""

    id: CommandId
    leg: LegId
    room: RoomId
    at: float
    waits: bool = False
    """Rather wait in the queue than be denied; FloorTaken or FloorUnserved tell what becomes of it."""
    overrides: bool = False
    """Cut off who talks, where the room lets one; needs the dispatch grant."""


@dataclass(frozen=True, slots=True)
class FloorRelease:
    """Give the floor back (TS 24.380 Floor Release); without the floor it is a no-op that says ok."""

    id: CommandId
    leg: LegId
    room: RoomId


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """Take a member out of the queue; needs the dispatch grant. One that does not wait: ok, no effect."""

    id: CommandId
    leg: LegId
    room: RoomId
    member: LegId
    at: float


@dataclass(frozen=True, slots=True)
class ShowPicture:
    """Let the room see the leg's camera or screen; needs the video grant."""

    id: CommandId
    leg: LegId
    room: RoomId
    kind: VideoKind
    at: float


@dataclass(frozen=True, slots=True)
class HidePicture:
    """Let the room see it no longer; one that nobody sees: ok, no effect."""

    id: CommandId
    leg: LegId
    room: RoomId
    kind: VideoKind


@dataclass(frozen=True, slots=True)
class SetRoomMode:
    """Switch a room live; needs the dispatch grant."""

    id: CommandId
    leg: LegId
    room: RoomId
    mode: RoomMode
    at: float


@dataclass(frozen=True, slots=True)
class CallNumber:
    """Call a number from a room; needs the dispatch grant."""

    id: CommandId
    leg: LegId
    room: RoomId
    number: str
    at: float


@dataclass(frozen=True, slots=True)
class GiveUpCall:
    """Cancel a call of the room while it rings; needs the dispatch grant. One that is over: ok, no effect."""

    id: CommandId
    leg: LegId
    room: RoomId
    call: CallId
    at: float


@dataclass(frozen=True, slots=True)
class RemoveMember:
    """Take another leg out of the room; needs the dispatch grant. A leg that is in no other room is ended."""

    id: CommandId
    leg: LegId
    room: RoomId
    member: LegId
    at: float


@dataclass(frozen=True, slots=True)
class MuteMember:
    """Let a member's voice into the room no longer, or again; needs the dispatch grant. Already so: ok."""

    id: CommandId
    leg: LegId
    room: RoomId
    member: LegId
    muted: bool
    at: float


@dataclass(frozen=True, slots=True)
class WhisperTo:
    """Speak to one member of the room alone, or cease to; needs the dispatch grant, and the right to talk.

    ``on`` False without such a whisper: ok, no effect.
    """

    id: CommandId
    leg: LegId
    room: RoomId
    member: LegId
    on: bool
    at: float


@dataclass(frozen=True, slots=True)
class AskDangerous:
    """Somebody wants what nobody may: always refused, and kept as evidence of who asked."""

    id: CommandId
    leg: LegId
    room: RoomId
    member: LegId
    verb: DangerousVerb
    grants: Grants
    at: float


@dataclass(frozen=True, slots=True)
class MoveMember:
    """Take a member out of the room into another one; needs the dispatch grant, and a place, in both.

    It may be in the other room without a grant of its own: it goes there on the mover's.
    """

    id: CommandId
    leg: LegId
    room: RoomId
    member: LegId
    to: RoomId
    at: float


@dataclass(frozen=True, slots=True)
class CreateRoom:
    """Make a room; needs the dispatch grant in every room, and no place in any."""

    id: CommandId
    leg: LegId
    name: str
    """Shown to people; personal data is not expected in it."""
    mode: RoomMode
    grants: Grants
    at: float


@dataclass(frozen=True, slots=True)
class DeleteRoom:
    """Close a room that was made; needs the dispatch grant in it. Dispatchers in it are let go."""

    id: CommandId
    leg: LegId
    room: RoomId
    grants: Grants
    at: float


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Post a text to the room; needs the data grant. One that is there already: ok, no effect."""

    id: CommandId
    leg: LegId
    room: RoomId
    message: MessageId
    text: str
    at: float


@dataclass(frozen=True, slots=True)
class SendReceipt:
    """This message and all before it came so far; one that the room no longer keeps: ok, no effect."""

    id: CommandId
    leg: LegId
    room: RoomId
    message: MessageId
    state: ReceiptState
    at: float


@dataclass(frozen=True, slots=True)
class SendStatus:
    """Say by a code how it is with oneself; needs the data grant."""

    id: CommandId
    leg: LegId
    room: RoomId
    code: StatusCode
    at: float


@dataclass(frozen=True, slots=True)
class SendPosition:
    """Say where oneself is; needs the data grant."""

    id: CommandId
    leg: LegId
    room: RoomId
    position: Position
    at: float


Fact = (
    Booted
    | MediaUp
    | MediaDown
    | LegLost
    | TalkLimitHit
    | Talking
    | CallMoved
    | CarrierMoved
    | AirMoved
    | RadioTalker
    | Tick
    | ClockStepped
)
Command = (
    JoinRoom
    | LeaveRoom
    | FloorRequest
    | FloorRelease
    | CancelRequest
    | ShowPicture
    | HidePicture
    | SetRoomMode
    | CallNumber
    | GiveUpCall
    | RemoveMember
    | MuteMember
    | WhisperTo
    | AskDangerous
    | MoveMember
    | CreateRoom
    | DeleteRoom
    | SendMessage
    | SendReceipt
    | SendStatus
    | SendPosition
)
Input = Fact | Command
