"""Messages the hub sends on ``/ws``; answers to floor messages go to the data channel too."""

from enum import StrEnum

import msgspec

from gateway.model.call import CallState
from gateway.model.data import StatusCode
from gateway.model.events import FloorEnd
from gateway.model.grants import Verb
from gateway.model.participant import LegKind
from gateway.model.radio import AirState, AirWhy
from gateway.model.refusal import RefusalCode
from gateway.model.room import RoomMode
from gateway.model.video import VideoKind


class ByeCode(StrEnum):
    """Why the hub closes a socket; the WebSocket close code of each stands in gateway.wire.closing."""

    INVALID = "invalid"
    """The peer broke the protocol."""
    NOT_ALLOWED = "not_allowed"
    """The token is not valid, or the page is served from an address that is not allowed."""
    EXPIRED = "expired"
    """The token's time is over."""
    TOO_MANY = "too_many"
    """A configured limit was reached."""
    REPLACED = "replaced"
    """The session was resumed on another socket."""
    SILENT = "silent"
    """Nothing was heard for too long; resume is possible within the hold."""
    SLOW = "slow"
    """The peer read slower than the hub wrote; resume is possible within the hold."""
    ENDED = "ended"
    """The hub ended the leg; a new hello starts a new one."""
    REMOVED = "removed"
    """A dispatcher removed the person from the last room it was in: do not come back by yourself."""
    GOODBYE = "goodbye"
    """The client said goodbye."""
    SHUTDOWN = "shutdown"
    """The gateway stops; come back in a moment."""
    INTERNAL = "internal"
    """A fault of the hub, logged there."""


class Air(msgspec.Struct, frozen=True):
    """A radio channel's transmitter: only ``on_air`` is on the air."""

    state: AirState
    why: AirWhy


class Status(msgspec.Struct, frozen=True):
    """The last status code of a member, and how long ago it was sent."""

    code: StatusCode
    age_ms: int


class Position(msgspec.Struct, frozen=True):
    """Where a member is (WGS 84, degrees, metres), and how old the fix is."""

    lat: float
    lon: float
    accuracy_m: float
    age_ms: int


class Message(msgspec.Struct, frozen=True):
    """A text that ``name`` posted; ``leg`` is the author's of then. Show it as text, whatever is in it.

    ``at``: UTC seconds of the gateway. ``delivered``, ``seen``: how many others have it.
    """

    id: str
    leg: str
    name: str
    unit: str
    text: str
    at: float
    delivered: int = 0
    seen: int = 0


class Person(msgspec.Struct, frozen=True, omit_defaults=True):
    """A member of a room, as others see it.

    ``air``: of a radio channel; ``talker``: who talks on it now. ``shows``: what the room may see of it.
    ``muted``: a dispatcher keeps its voice out of the room.
    """

    leg: str
    name: str
    unit: str
    kind: LegKind
    media_up: bool
    air: Air | None = None
    talker: str = ""
    shows: list[VideoKind] = msgspec.field(default_factory=list)
    status: Status | None = None
    position: Position | None = None
    muted: bool = False


class Room(msgspec.Struct, frozen=True, omit_defaults=True):
    """A room in a snapshot. ``holder_since_ms``: how long the holder has been talking already.

    ``beside``: who else holds the floor where several may talk at once, first to begin first; ``holder`` is
    the last to have begun. ``talkers_max``: so many may.

    ``messages``: the newest, oldest first; only of rooms that you have joined. ``made``: by a person while
    the gateway ran, it can be closed again. ``queue``: who waits for the floor, next to be served first.
    """

    id: str
    name: str
    mode: RoomMode
    talk_limit_ms: int
    members: list[Person]
    holder: str | None
    talkspurt: int | None
    holder_since_ms: int
    talkers: list[str]
    messages: list[Message] = msgspec.field(default_factory=list)
    made: bool = False
    queue: list[str] = msgspec.field(default_factory=list)
    beside: list[str] = msgspec.field(default_factory=list)
    talkers_max: int = 1


class Welcome(msgspec.Struct, tag_field="type", tag="welcome", frozen=True):
    """The session stands. ``key`` with ``session`` resumes it within ``resume_hold_ms``.

    ``resumed`` True: your deltas follow, keep your state. False: take the snapshot; media must be
    offered again. ``rooms`` are those you have joined (empty on a new session), ``visible`` all
    rooms your token may join. Answers of this boot only: a new ``boot`` means all legs are new.
    ``bearer``: use this token from now on instead of the one you sent, which was a one-time link.
    """

    session: str
    key: str
    leg: str
    boot: str
    server: str
    resumed: bool
    seq: int
    rooms: list[Room]
    visible: list[Room]
    verbs: list[Verb]
    expires_at: float
    resume_hold_ms: int
    bearer: str | None = None


class Joined(msgspec.Struct, tag_field="type", tag="joined", frozen=True):
    """A person entered the room."""

    room: str
    person: Person


class Left(msgspec.Struct, tag_field="type", tag="left", frozen=True):
    """A person left the room."""

    room: str
    leg: str
    why: str


class MediaState(msgspec.Struct, tag_field="type", tag="media_state", frozen=True):
    """A member can (not) hear and be heard from now on."""

    room: str
    leg: str
    up: bool


class FloorTaken(msgspec.Struct, tag_field="type", tag="floor_taken", frozen=True):
    """``leg`` talks from now on, for ``limit_ms`` at most (0: no limit)."""

    room: str
    leg: str
    talkspurt: int
    limit_ms: int


class FloorIdle(msgspec.Struct, tag_field="type", tag="floor_idle", frozen=True):
    """Nobody talks any more; ``leg`` was the last."""

    room: str
    leg: str
    talkspurt: int
    why: FloorEnd


class QueueChanged(msgspec.Struct, tag_field="type", tag="queue_changed", frozen=True):
    """Who waits for the floor now, next to be served first."""

    room: str
    waiting: list[str]


class FloorUnserved(msgspec.Struct, tag_field="type", tag="floor_unserved", frozen=True):
    """You waited for the floor and do not get it; press again."""

    room: str
    code: RefusalCode


class FloorWarned(msgspec.Struct, tag_field="type", tag="floor_warned", frozen=True):
    """You talk, and your time is over in ``left_ms``."""

    room: str
    talkspurt: int
    left_ms: int


class FloorRevoked(msgspec.Struct, tag_field="type", tag="floor_revoked", frozen=True):
    """You talk, and your time is over: finish your sentence, you are cut in ``grace_ms``."""

    room: str
    talkspurt: int
    grace_ms: int


class Talker(msgspec.Struct, tag_field="type", tag="talker", frozen=True):
    """In an open room: ``leg`` began or ceased to be heard."""

    room: str
    leg: str
    on: bool


class ModeChanged(msgspec.Struct, tag_field="type", tag="mode_changed", frozen=True):
    """The room was switched live, by ``by``."""

    room: str
    mode: RoomMode
    by: str


class CallChanged(msgspec.Struct, tag_field="type", tag="call_changed", frozen=True):
    """A call that ``by`` made from the room to ``number``: how it goes."""

    room: str
    call: int
    number: str
    state: CallState
    by: str


class AirChanged(msgspec.Struct, tag_field="type", tag="air_changed", frozen=True):
    """Radio channel ``leg``: whether what is said reaches the air, and why not."""

    room: str
    leg: str
    air: Air


class RadioTalker(msgspec.Struct, tag_field="type", tag="radio_talker", frozen=True):
    """Who talks on radio channel ``leg``, as its network says, until its talkspurt ends."""

    room: str
    leg: str
    name: str


class PictureShown(msgspec.Struct, tag_field="type", tag="picture_shown", frozen=True):
    """You may see the camera or the screen of ``leg``, or no longer."""

    room: str
    leg: str
    kind: VideoKind
    on: bool


class MemberMuted(msgspec.Struct, tag_field="type", tag="member_muted", frozen=True):
    """The voice of ``leg`` is kept out of the room from now on, or let in again, by order of ``by``."""

    room: str
    leg: str
    muted: bool
    by: str


class WhisperChanged(msgspec.Struct, tag_field="type", tag="whisper_changed", frozen=True):
    """Told to both alone: ``leg`` speaks to ``member`` alone from now on, or no longer (``why``)."""

    room: str
    leg: str
    member: str
    on: bool
    why: FloorEnd | None


class Moved(msgspec.Struct, tag_field="type", tag="moved", frozen=True):
    """A dispatcher takes you from ``room`` to ``to``: you are there already; ``join`` it to see who else is.

    Your ``left`` of ``room`` follows, with the reason ``moved``. You may be in ``to`` until you leave it.
    """

    room: str
    to: str


class RoomMade(msgspec.Struct, tag_field="type", tag="room_made", frozen=True):
    """There is another room that you may see. Told to whoever is in some room."""

    made: Room


class RoomGone(msgspec.Struct, tag_field="type", tag="room_gone", frozen=True):
    """The room was closed; your ``left``, with the reason ``closed``, came before if you were in it."""

    gone: str


class MessagePosted(msgspec.Struct, tag_field="type", tag="message_posted", frozen=True):
    """A message came, your own included."""

    room: str
    message: Message


class ReceiptChanged(msgspec.Struct, tag_field="type", tag="receipt_changed", frozen=True):
    """So many others have your message now, and have seen it."""

    room: str
    message: str
    delivered: int
    seen: int


class StatusChanged(msgspec.Struct, tag_field="type", tag="status_changed", frozen=True):
    """A member sent a status code."""

    room: str
    leg: str
    code: StatusCode


class PositionChanged(msgspec.Struct, tag_field="type", tag="position_changed", frozen=True):
    """A member sent a position."""

    room: str
    leg: str
    position: Position


class OwnMedia(msgspec.Struct, tag_field="type", tag="own_media", frozen=True):
    """Your own transport came up or went down (why: see MediaPlane)."""

    up: bool
    why: str


class SlotFilled(msgspec.Struct, tag_field="type", tag="slot_filled", frozen=True):
    """Audio slot ``slot`` (your receiving audio line) carries ``leg`` from now on; null: it has left.

    Packets on the way may still be of the one before: those of ``leg`` bear ``number`` as CSRC[0]. Forget
    all slots when you make an offer.
    """

    slot: int
    number: int
    leg: str | None


class PictureTurned(msgspec.Struct, tag_field="type", tag="picture_turned", frozen=True):
    """Video slot ``slot`` carries this picture from the packet with ``rtp_timestamp`` (90 kHz) on.

    ``leg`` null: nothing (``kind`` is null too), or a picture whose leg has left. Its packets bear ``number``
    as CSRC[0]. ``layer``: simulcast layer, 0 is the lowest. ``paused``: your network is too weak for any
    layer; the picture stands until another message says that it goes on. Forget all slots when you make an
    offer.
    """

    slot: int
    number: int
    leg: str | None
    kind: VideoKind | None
    rtp_timestamp: int
    layer: int
    paused: bool


Change = (
    Joined
    | Left
    | MediaState
    | FloorTaken
    | FloorIdle
    | QueueChanged
    | FloorUnserved
    | FloorWarned
    | FloorRevoked
    | Talker
    | ModeChanged
    | CallChanged
    | AirChanged
    | RadioTalker
    | PictureShown
    | MemberMuted
    | WhisperChanged
    | Moved
    | RoomMade
    | RoomGone
    | MessagePosted
    | ReceiptChanged
    | StatusChanged
    | PositionChanged
    | OwnMedia
    | SlotFilled
    | PictureTurned
)


class Delta(msgspec.Struct, tag_field="type", tag="delta", frozen=True):
    """Change number ``seq`` of this session, without gaps."""

    seq: int
    change: Change


class IceServer(msgspec.Struct, frozen=True, omit_defaults=True):
    """As RTCPeerConnection takes it. ``username`` and ``credential`` are this session's own and run out."""

    urls: list[str]
    username: str = ""
    credential: str = ""


class Answer(msgspec.Struct, tag_field="type", tag="answer", frozen=True, omit_defaults=True):
    """The one answer to command ``id``. ``code`` says why when ``ok`` is False.

    Of a floor request: ``talkspurt`` says that you talk, ``place`` that you wait (1: you are next); after a
    refusal ``wait_ms`` says for how long it is.
    """

    id: int
    ok: bool
    code: RefusalCode | None = None
    detail: str = ""
    sdp: str = ""
    room: Room | None = None
    talkspurt: int = 0
    limit_ms: int = 0
    place: int = 0
    wait_ms: int = 0
    call: int = 0
    made: str = ""
    ice_servers: list[IceServer] | None = None


class Bye(msgspec.Struct, tag_field="type", tag="bye", frozen=True):
    """Last message before the hub closes the socket."""

    code: ByeCode
    detail: str


ServerMessage = Welcome | Delta | Answer | Bye
