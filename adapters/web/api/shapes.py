"""What is sent and answered, as Structs; the OpenAPI document's schemas are made from them.

A body with a member that is not named here is refused: a typing error must not pass for consent.
"""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from gateway.model.call import CallState
from gateway.model.grants import Verb
from gateway.model.participant import LegKind
from gateway.model.room import RoomMode
from gateway.wire.client import MessageName, PhoneNumber, RoomName, ShownName

LINK_TTL_MIN_S, LINK_TTL_MAX_S = 60, 86_400
PAGE_MAX = 100

LegName = Annotated[str, Meta(pattern=r"^[0-9A-Za-z_-]{1,64}$(?!\n)")]


class LinkVerb(StrEnum):
    """Rights that a person can be invited with: never those of applications and administrators."""

    LISTEN = Verb.LISTEN.value
    TALK = Verb.TALK.value
    VIDEO = Verb.VIDEO.value
    DATA = Verb.DATA.value
    DISPATCH = Verb.DISPATCH.value


# -- what is sent ----------------------------------------------------------------------------


class Where(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The variable parts of an address."""

    room: RoomName = ""
    leg: LegName = ""


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which part of a list. ``cursor``: ``next`` of the page before."""

    cursor: RoomName | None = None
    limit: Annotated[int, Meta(ge=1, le=PAGE_MAX)] = 50


class NoQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of operations that take nothing behind ``?``."""


class CreateRoom(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``name``: what people read; the id is the gateway's choice."""

    name: ShownName
    mode: RoomMode = RoomMode.TALKGROUP


class SetMode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    mode: RoomMode


class SetMuted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    muted: bool


class InvitePhone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``number``: as a dispatcher would dial it."""

    number: PhoneNumber


class PostMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``id``: your own for it, unique in the room; sent again with the same one it is posted once."""

    text: Annotated[str, Meta(min_length=1, max_length=2000)]
    id: MessageName | None = None


class InviteBrowser(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the link is good for, and how long (seconds); it ends with your own token at the latest."""

    grants: Annotated[list[LinkVerb], Meta(min_length=1, max_length=len(LinkVerb))] = msgspec.field(
        default_factory=lambda: [LinkVerb.LISTEN, LinkVerb.TALK]
    )
    ttl_s: Annotated[int, Meta(ge=LINK_TTL_MIN_S, le=LINK_TTL_MAX_S)] = 3600


class AskFloor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``wait``: rather wait in the queue than be denied. ``override``: cut off who talks, by the right
    ``dispatch`` of both tokens.
    """

    wait: bool = False
    override: bool = False


# -- what is answered ------------------------------------------------------------------------


class RoomSummary(msgspec.Struct, frozen=True):
    """A room in a list. ``members``: how many are in it, applications included."""

    id: str
    name: str
    mode: RoomMode
    members: int


class MadeRoom(msgspec.Struct, frozen=True):
    """The room is there, and stays over restarts until it is closed."""

    id: str


class RoomPage(msgspec.Struct, frozen=True):
    """``next``: the cursor of the page after this one; null: this is the last."""

    rooms: list[RoomSummary]
    next: str | None


class Member(msgspec.Struct, frozen=True):
    """``leg`` names it in other operations, as long as it is there. Names are what people call themselves."""

    leg: str
    name: str
    unit: str
    kind: LegKind
    media_up: bool
    muted: bool


class Floor(msgspec.Struct, frozen=True):
    """``holder``: the leg that talks in a talkgroup or broadcast, the last to begin; ``talkers``: who talks
    beside it where several may, or in a conference.
    """

    holder: str | None
    holder_since_ms: int
    talkers: list[str]


class FloorState(StrEnum):
    """``open``: the room is a conference; ``idle``: nobody talks; ``taken``: somebody does."""

    OPEN = "open"
    IDLE = "idle"
    TAKEN = "taken"


class FloorMember(msgspec.Struct, frozen=True):
    """Who talks or waits, as the list of members has it."""

    leg: str
    name: str
    unit: str
    kind: LegKind


class FloorNow(msgspec.Struct, frozen=True):
    """``queue``: who waits, next to be served first. ``talkers``: who talks beside the holder where several
    may, or is heard in a conference.
    """

    state: FloorState
    holder: FloorMember | None
    holder_since_ms: int
    queue: list[FloorMember]
    talkers: list[FloorMember]


class Asked(StrEnum):
    """What became of a request for the floor; a denial is a problem with a ``code``."""

    GRANTED = "granted"
    QUEUED = "queued"


class FloorAnswer(msgspec.Struct, frozen=True):
    """``limit_ms``: so much longer the leg may talk. ``place``: of one that waits, 1 is the next."""

    state: Asked
    limit_ms: int
    place: int


class Room(msgspec.Struct, frozen=True):
    """A room as it is now. ``talk_limit_ms``: longest talkspurt, 0: none. ``made``: it can be closed."""

    id: str
    name: str
    mode: RoomMode
    talk_limit_ms: int
    made: bool
    floor: Floor
    members: list[Member]


class Call(msgspec.Struct, frozen=True):
    """A call that has begun; whoever answers becomes a member of kind ``phone``."""

    call: int
    number: str
    state: CallState


class Posted(msgspec.Struct, frozen=True):
    """The message is stored under this id."""

    id: str


class Link(msgspec.Struct, frozen=True):
    """``path``: behind the address at which people reach this gateway. Whoever has it has the rights in it.

    ``subject``: how the log names who came by it. ``expires_at``: UTC seconds.
    """

    path: str
    subject: str
    expires_at: float


class Problem(msgspec.Struct, frozen=True):
    """Why not (RFC 9457). ``code`` is stable, ``detail`` is for people.

    ``wait_ms``: of a penalty, for how long the floor is denied.
    """

    title: str
    status: int
    detail: str
    code: str | None = None
    wait_ms: int | None = None
