"""Messages a client sends on ``/ws`` (and floor messages on the data channels).

The first message is ``hello``; every other carries an ``id`` that the client counts up from 1 within
its session, and gets exactly one ``answer`` with the same id. A repeated id gets the first answer
again, so a client may repeat a message on any channel until it is answered (DESIGN 3.7).
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from gateway.model.room import RoomMode

Id = Annotated[int, Meta(ge=1, le=2**31 - 1)]
# The end of a pattern: Python's "$" alone would let a last line feed pass, JSON Schema has no "\Z".
_END = r"$(?!\n)"
RoomName = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]{0,62}" + _END)]
PhoneNumber = Annotated[str, Meta(pattern=r"^\+?[0-9A-Za-z][0-9A-Za-z._-]{0,31}" + _END)]
# Shown to others: no control characters, nothing that turns the writing direction around.
_SHOWN = r"[^\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]*" + _END
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
    """Enter a room; the answer carries the room as it stands now."""

    id: Id
    room: RoomName


class Leave(msgspec.Struct, tag_field="type", tag="leave", frozen=True):
    """Leave a room; the floor, if held there, is given back."""

    id: Id
    room: RoomName


class MediaOffer(msgspec.Struct, tag_field="type", tag="media_offer", frozen=True):
    """One SDP offer a session (DESIGN 3.5); a later one replaces the transport.

    ``restart``: an ICE restart instead. The same lines under new ICE credentials: the transport goes on.
    """

    id: Id
    sdp: Annotated[str, Meta(max_length=65536)]
    audio_slots: Annotated[int, Meta(ge=1, le=8)] = 3
    restart: bool = False


class AskIceServers(msgspec.Struct, tag_field="type", tag="ask_ice_servers", frozen=True):
    """Ask for STUN and TURN servers before an offer; the answer's ``ice_servers`` are good for a while."""

    id: Id


class FloorRequest(msgspec.Struct, tag_field="type", tag="floor_request", frozen=True):
    """Press. Also sent on the fast data channel at once; the first copy wins."""

    id: Id
    room: RoomName


class FloorRelease(msgspec.Struct, tag_field="type", tag="floor_release", frozen=True):
    """Let go. Also sent on the fast data channel at once; the first copy wins."""

    id: Id
    room: RoomName


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


class Ping(msgspec.Struct, tag_field="type", tag="ping", frozen=True):
    """Liveness and round trip, every 3 s; a session silent for 10 s is lost."""

    id: Id


class Goodbye(msgspec.Struct, tag_field="type", tag="goodbye", frozen=True):
    """The page leaves on purpose: no resume hold."""

    id: Id


FloorMessage = FloorRequest | FloorRelease
"""What may also arrive on a data channel."""

Command = (
    Join
    | Leave
    | MediaOffer
    | AskIceServers
    | FloorRequest
    | FloorRelease
    | SetMode
    | CallNumber
    | GiveUpCall
    | Ping
    | Goodbye
)
ClientMessage = Hello | Command
