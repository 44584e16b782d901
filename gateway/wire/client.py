"""Messages a client sends on ``/ws`` (and floor messages on the data channels).

The first message is ``hello``; every other carries an ``id`` that the client counts up from 1 within
its session, and gets exactly one ``answer`` with the same id. A repeated id gets the first answer
again, so a client may repeat a message on any channel until it is answered (DESIGN 3.7).
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from gateway.model.data import ReceiptState, StatusCode
from gateway.model.room import RoomMode
from gateway.model.video import VideoKind

Id = Annotated[int, Meta(ge=1, le=2**31 - 1)]
# The end of a pattern: Python's "$" alone would let a last line feed pass, JSON Schema has no "\Z".
_END = r"$(?!\n)"
RoomName = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]{0,62}" + _END)]
PhoneNumber = Annotated[str, Meta(pattern=r"^\+?[0-9A-Za-z][0-9A-Za-z._-]{0,31}" + _END)]
# Shown to others: no control characters, nothing that turns the writing direction around.
_SHOWN = r"[^\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]*" + _END
# Unique within its room; a random one does.
MessageName = Annotated[str, Meta(pattern=r"^[0-9A-Za-z._:-]{1,64}" + _END)]
ShownText = Annotated[str, Meta(max_length=64, pattern="^" + _SHOWN)]
ShownName = Annotated[str, Meta(max_length=64, pattern=r"^(?=.*\S)" + _SHOWN)]


class Resume(msgspec.Struct, frozen=True):
    """Go on with a session after a broken link: all deltas after ``seq`` are sent again."""

    session: Annotated[str, Meta(max_length=64)]
    key: Annotated[str, Meta(max_length=64)]
    seq: Annotated[int, Meta(ge=0, le=2**53 - 1)]


class Hello(msgspec.Struct, tag_field="type", tag="hello", frozen=True):
    """First message. ``token`` is the bearer; ``name`` and ``unit`` are how others see this person."""

    token: Annotated[str, Meta(max_length=4096)]
    name: ShownName
    unit: ShownText = ""
    resume: Resume | None = None


class Join(msgspec.Struct, tag_field="type", tag="join", frozen=True):
    """Enter a room; the answer carries the room as it stands now.

    ``monitor``: while the room is open, only listen. Join again, with or without it, to change that.
    """

    id: Id
    room: RoomName
    monitor: bool = False


class Leave(msgspec.Struct, tag_field="type", tag="leave", frozen=True):
    """Leave a room; the floor, if held there, is given back."""

    id: Id
    room: RoomName


class MediaOffer(msgspec.Struct, tag_field="type", tag="media_offer", frozen=True):
    """One SDP offer a session (DESIGN 3.5); a later one replaces the transport.

    ``audio_slots``, ``video_slots``: most sources of each kind that you want to be sent at once.
    ``restart``: an ICE restart instead. The same lines under new ICE credentials: the transport goes on.
    """

    id: Id
    sdp: Annotated[str, Meta(max_length=65536)]
    audio_slots: Annotated[int, Meta(ge=1, le=8)] = 3
    video_slots: Annotated[int, Meta(ge=0, le=16)] = 0
    restart: bool = False


class AskIceServers(msgspec.Struct, tag_field="type", tag="ask_ice_servers", frozen=True):
    """Ask for STUN and TURN servers before an offer; the answer's ``ice_servers`` are good for a while."""

    id: Id


class FloorRequest(msgspec.Struct, tag_field="type", tag="floor_request", frozen=True):
    """Press. Also sent on the fast data channel at once; the first copy wins.

    ``wait``: while another talks, rather wait than be denied. The answer's ``place`` says where; then
    ``queue_changed`` tells each move, and ``floor_taken`` with your leg, or ``floor_unserved``, the outcome.
    ``override``: cut off who talks, where the room lets you; needs the dispatch right.
    """

    id: Id
    room: RoomName
    wait: bool = False
    override: bool = False


class FloorRelease(msgspec.Struct, tag_field="type", tag="floor_release", frozen=True):
    """Let go. Also sent on the fast data channel at once; the first copy wins."""

    id: Id
    room: RoomName


class CancelRequest(msgspec.Struct, tag_field="type", tag="cancel_request", frozen=True):
    """Take a member out of the queue for the floor; needs the dispatch right. ``member``: its leg."""

    id: Id
    room: RoomName
    member: Annotated[str, Meta(max_length=64)]


class ShowPicture(msgspec.Struct, tag_field="type", tag="show_picture", frozen=True):
    """Let the room see your camera or screen; needs the video right. Ends with your media."""

    id: Id
    room: RoomName
    kind: VideoKind


class HidePicture(msgspec.Struct, tag_field="type", tag="hide_picture", frozen=True):
    """Let the room see it no longer."""

    id: Id
    room: RoomName
    kind: VideoKind


class Watch(msgspec.Struct, tag_field="type", tag="watch", frozen=True):
    """What you want of one of your video slots.

    ``leg`` and ``kind``: keep this picture in it; ``leg`` null: whoever is to be seen. ``height``: lines of
    the tile, in device pixels, which decides the simulcast layer; 0: nothing is shown, so nothing is sent.
    """

    id: Id
    slot: Annotated[int, Meta(ge=0, le=15)]
    height: Annotated[int, Meta(ge=0, le=4320)]
    leg: Annotated[str, Meta(max_length=64)] | None = None
    kind: VideoKind = VideoKind.CAMERA


class SetMode(msgspec.Struct, tag_field="type", tag="set_mode", frozen=True):
    """Switch a room live; needs the dispatch right."""

    id: Id
    room: RoomName
    mode: RoomMode


class CallNumber(msgspec.Struct, tag_field="type", tag="call_number", frozen=True):
    """Call a number from a room; needs the dispatch right. ``call_changed`` tells how it goes."""

    id: Id
    room: RoomName
    number: PhoneNumber


class GiveUpCall(msgspec.Struct, tag_field="type", tag="give_up_call", frozen=True):
    """Stop ringing; a call that is over already is left as it is."""

    id: Id
    room: RoomName
    call: Annotated[int, Meta(ge=1, le=2**53 - 1)]


class RemoveMember(msgspec.Struct, tag_field="type", tag="remove_member", frozen=True):
    """Take a member out of the room; needs the dispatch right. ``member``: its leg.

    A leg that is in no other room is ended: a page is told ``bye`` ``removed``, a phone is hung up.
    """

    id: Id
    room: RoomName
    member: Annotated[str, Meta(max_length=64)]


class MuteMember(msgspec.Struct, tag_field="type", tag="mute_member", frozen=True):
    """Keep a member's voice out of the room, or let it in again; needs the dispatch right."""

    id: Id
    room: RoomName
    member: Annotated[str, Meta(max_length=64)]
    muted: bool


class Whisper(msgspec.Struct, tag_field="type", tag="whisper", frozen=True):
    """Speak to one member of the room alone, or no longer; needs the dispatch right and the right to talk.

    ``member``: its leg, a page or a phone. Refused while you talk, or wait to, in any room. The answer's
    ``limit_ms`` is how long. Shut your microphone before you end it: for 0.7 s your voice is let in nowhere.
    """

    id: Id
    room: RoomName
    member: Annotated[str, Meta(max_length=64)]
    on: bool


class DiscreetListening(msgspec.Struct, tag_field="type", tag="discreet_listening", frozen=True):
    """Hear a member without its knowledge: always refused as ``forbidden``, and recorded with who asked."""

    id: Id
    room: RoomName
    member: Annotated[str, Meta(max_length=64)]


class RemoteMicrophone(msgspec.Struct, tag_field="type", tag="remote_microphone", frozen=True):
    """Open a member's microphone from afar: always refused as ``forbidden``, and recorded with who asked."""

    id: Id
    room: RoomName
    member: Annotated[str, Meta(max_length=64)]


class MoveMember(msgspec.Struct, tag_field="type", tag="move_member", frozen=True):
    """Take a member into another room; needs the dispatch right, and that you are in both rooms.

    It is there at once, whether its own token opens that room or not, and is told by ``moved``.
    """

    id: Id
    room: RoomName
    member: Annotated[str, Meta(max_length=64)]
    to: RoomName


class CreateRoom(msgspec.Struct, tag_field="type", tag="create_room", frozen=True):
    """Make a room; needs the dispatch right in every room. ``made`` in the answer is its id."""

    id: Id
    name: ShownName
    mode: RoomMode = RoomMode.TALKGROUP


class DeleteRoom(msgspec.Struct, tag_field="type", tag="delete_room", frozen=True):
    """Close a room that was made; needs the dispatch right in it. Only dispatchers may still be in it."""

    id: Id
    room: RoomName


class SendMessage(msgspec.Struct, tag_field="type", tag="send_message", frozen=True):
    """Post a text to the room; needs the data right. ``ok``: it is stored.

    ``message`` is your own id for it. Sent again with the same id, on any session, it is posted once.
    """

    id: Id
    room: RoomName
    message: MessageName
    text: Annotated[str, Meta(min_length=1, max_length=2000)]


class SendReceipt(msgspec.Struct, tag_field="type", tag="send_receipt", frozen=True):
    """You have this message and all before it: ``delivered`` to your page, or ``seen`` by you."""

    id: Id
    room: RoomName
    message: MessageName
    state: ReceiptState


class SendStatus(msgspec.Struct, tag_field="type", tag="send_status", frozen=True):
    """Tell the room by a code how it is with you; needs the data right."""

    id: Id
    room: RoomName
    code: StatusCode


class SendPosition(msgspec.Struct, tag_field="type", tag="send_position", frozen=True):
    """Tell the room where you are (WGS 84, degrees); needs the data right. One every 2 s at most.

    ``accuracy_m``: radius in metres. ``age_ms``: how old the fix is, so that no clock has to be right.
    """

    id: Id
    room: RoomName
    lat: Annotated[float, Meta(ge=-90, le=90)]
    lon: Annotated[float, Meta(ge=-180, le=180)]
    accuracy_m: Annotated[float, Meta(ge=0, le=100_000)]
    age_ms: Annotated[int, Meta(ge=0, le=3_600_000)] = 0


class Ping(msgspec.Struct, tag_field="type", tag="ping", frozen=True):
    """Liveness and round trip, every 3 s; a session silent for 10 s is lost."""

    id: Id


class Goodbye(msgspec.Struct, tag_field="type", tag="goodbye", frozen=True):
    """The page leaves on purpose: no resume hold."""

    id: Id


FloorMessage = FloorRequest | FloorRelease
"""What may also arrive on the fast data channel."""
DataMessage = SendMessage | SendReceipt | SendStatus | SendPosition
"""What may also arrive on the reliable data channel."""

Dangerous = DiscreetListening | RemoteMicrophone
"""What nobody may; there are such messages so that who asks gets a reason, and leaves a trace."""

Command = (
    Join
    | Leave
    | MediaOffer
    | AskIceServers
    | FloorRequest
    | FloorRelease
    | CancelRequest
    | ShowPicture
    | HidePicture
    | Watch
    | SetMode
    | CallNumber
    | GiveUpCall
    | RemoveMember
    | MuteMember
    | Whisper
    | Dangerous
    | MoveMember
    | CreateRoom
    | DeleteRoom
    | SendMessage
    | SendReceipt
    | SendStatus
    | SendPosition
    | Ping
    | Goodbye
)
ClientMessage = Hello | Command
