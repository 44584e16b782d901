"""The one table of operations: routes and the OpenAPI document are made from it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec

from adapters.web.api import actions, floor, shapes
from gateway.model.grants import Verb

ROOT = "/api/v1"


@dataclass(frozen=True, slots=True)
class Operation:
    """``verb``: needed besides the right ``api``. ``result`` None: 204, nothing is answered."""

    name: str
    method: str
    path: str
    """Below ROOT."""
    summary: str
    verb: Verb
    carry_out: Callable[[actions.Request], Awaitable[actions.Outcome]]
    query: type[msgspec.Struct] = shapes.NoQuery
    body: type[msgspec.Struct] | None = None
    status: int = 204
    result: type[msgspec.Struct] | None = None


OPERATIONS = (
    Operation(
        *("listRooms", "GET", "/rooms", "Rooms that the token covers, a page at a time"),
        *(Verb.LISTEN, actions.list_rooms),
        query=shapes.Page,
        status=200,
        result=shapes.RoomPage,
    ),
    Operation(
        *("createRoom", "POST", "/rooms", "Make a room; needs a token for every room"),
        *(Verb.DISPATCH, actions.create_room),
        body=shapes.CreateRoom,
        status=201,
        result=shapes.MadeRoom,
    ),
    Operation(
        *(
            "closeRoom",
            "DELETE",
            "/rooms/{room}",
            "Close a room that was made and that only dispatchers are in",
        ),
        *(Verb.DISPATCH, actions.close_room),
    ),
    Operation(
        *("showRoom", "GET", "/rooms/{room}", "A room: its mode, its floor, who is in it"),
        *(Verb.LISTEN, actions.show_room),
        status=200,
        result=shapes.Room,
    ),
    Operation(
        *("setMode", "PUT", "/rooms/{room}/mode", "Switch a room's mode, live"),
        *(Verb.DISPATCH, actions.set_mode),
        body=shapes.SetMode,
    ),
    Operation(
        *("invitePhone", "POST", "/rooms/{room}/calls", "Call a number; who answers is in the room"),
        *(Verb.DISPATCH, actions.invite_phone),
        body=shapes.InvitePhone,
        status=202,
        result=shapes.Call,
    ),
    Operation(
        *("inviteBrowser", "POST", "/rooms/{room}/links", "Make a link by which a browser joins the room"),
        *(Verb.DISPATCH, actions.invite_browser),
        body=shapes.InviteBrowser,
        status=201,
        result=shapes.Link,
    ),
    Operation(
        *("postMessage", "POST", "/rooms/{room}/messages", "Post a message to the room"),
        *(Verb.DATA, actions.post_message),
        body=shapes.PostMessage,
        status=201,
        result=shapes.Posted,
    ),
    Operation(
        *("showFloor", "GET", "/rooms/{room}/floor", "The floor: who talks, who waits"),
        *(Verb.LISTEN, floor.show),
        status=200,
        result=shapes.FloorNow,
    ),
    Operation(
        *(
            "requestFloor",
            "PUT",
            "/rooms/{room}/floor/{leg}",
            "Ask for the floor for a WHIP session of a token of the same subject",
        ),
        *(Verb.TALK, floor.ask),
        body=shapes.AskFloor,
        status=200,
        result=shapes.FloorAnswer,
    ),
    Operation(
        *("releaseFloor", "DELETE", "/rooms/{room}/floor/{leg}", "Give the floor back, or wait no longer"),
        *(Verb.TALK, floor.release),
    ),
    Operation(
        *("cancelRequest", "DELETE", "/rooms/{room}/queue/{leg}", "Take a member out of the queue"),
        *(Verb.DISPATCH, floor.cancel),
    ),
    Operation(
        *("removeMember", "DELETE", "/rooms/{room}/members/{leg}", "Take a member out of the room"),
        *(Verb.DISPATCH, actions.remove_member),
    ),
    Operation(
        *("setMuted", "PUT", "/rooms/{room}/members/{leg}/muted", "Mute a member, or no longer"),
        *(Verb.DISPATCH, actions.set_muted),
        body=shapes.SetMuted,
    ),
)
