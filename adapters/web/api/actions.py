"""What each operation does: asks the hub, or has the application ask the core."""

import secrets
import time
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog

from adapters.web.api import shapes
from adapters.web.api.application import Application
from adapters.web.publication import Publications
from gateway.model import inputs
from gateway.model.call import CallState
from gateway.model.grants import Grants, Verb
from gateway.model.ids import LegId, MessageId, RoomId
from gateway.model.refusal import Refusal, RefusalCode
from gateway.model.snapshot import RoomView
from gateway.ports.hub import Hub

log = structlog.get_logger("web.api")


@dataclass(frozen=True, slots=True)
class Request:
    """One request, read and allowed. ``query``, ``body``: of the types that the operation names."""

    hub: Hub
    application: Application
    publications: Publications
    """WHIP and WHEP sessions, of whomever."""
    grants: Grants
    room: RoomId
    leg: LegId
    query: Any
    body: Any


@dataclass(frozen=True, slots=True)
class Denied:
    """A refusal that will be the same for ``wait_ms``."""

    refusal: Refusal
    wait_ms: int = 0


Outcome = msgspec.Struct | Refusal | Denied | None
"""What is answered; None: nothing but that it is done."""


async def list_rooms(request: Request) -> Outcome:
    """In the order of their ids, so that a cursor stands while rooms come and go."""
    page: shapes.Page = request.query
    views = sorted(request.hub.rooms(request.grants), key=lambda view: view.id)
    left = [view for view in views if page.cursor is None or view.id > page.cursor]
    shown = left[: page.limit]
    return shapes.RoomPage(
        rooms=[shapes.RoomSummary(v.id, v.name, v.mode, len(v.members)) for v in shown],
        next=shown[-1].id if len(left) > len(shown) else None,
    )


async def create_room(request: Request) -> Outcome:
    """Needs a token for every room: the new one is in nobody's list."""
    body: shapes.CreateRoom = request.body
    answer = await request.application.ask(
        lambda id_, leg: inputs.CreateRoom(id_, leg, body.name, body.mode, request.grants, time.time())
    )
    return answer if isinstance(answer, Refusal) else shapes.MadeRoom(id=answer.made or "")


async def close_room(request: Request) -> Outcome:
    """Nobody but dispatchers may be in it."""
    return done(
        await request.application.ask(
            lambda id_, leg: inputs.DeleteRoom(id_, leg, request.room, request.grants, time.time())
        )
    )


async def show_room(request: Request) -> Outcome:
    """Needs no leg: looking is not being there."""
    view = request.hub.room(request.room, request.grants)
    return view if isinstance(view, Refusal) else _room(view)


async def set_mode(request: Request) -> Outcome:
    """As a dispatcher switches it."""
    mode = request.body.mode
    return done(
        await request.application.act(
            request.room, lambda number, leg: inputs.SetRoomMode(number, leg, request.room, mode, time.time())
        )
    )


async def invite_phone(request: Request) -> Outcome:
    """How it goes on, the room is told."""
    number = request.body.number
    answer = await request.application.act(
        request.room, lambda id_, leg: inputs.CallNumber(id_, leg, request.room, number, time.time())
    )
    if isinstance(answer, Refusal):
        return answer
    return shapes.Call(call=answer.call or 0, number=number, state=CallState.DIALLING)


async def remove_member(request: Request) -> Outcome:
    """A leg that is in no other room is ended."""
    return done(
        await request.application.act(
            request.room,
            lambda id_, leg: inputs.RemoveMember(id_, leg, request.room, request.leg, time.time()),
        )
    )


async def set_muted(request: Request) -> Outcome:
    """Said again it changes nothing."""
    muted = request.body.muted
    return done(
        await request.application.act(
            request.room,
            lambda id_, leg: inputs.MuteMember(id_, leg, request.room, request.leg, muted, time.time()),
        )
    )


async def post_message(request: Request) -> Outcome:
    """The author is the token's subject."""
    body: shapes.PostMessage = request.body
    name = body.id or secrets.token_hex(16)
    answer = await request.application.act(
        request.room,
        lambda id_, leg: inputs.SendMessage(id_, leg, request.room, MessageId(name), body.text, time.time()),
    )
    return answer if isinstance(answer, Refusal) else shapes.Posted(id=name)


async def invite_browser(request: Request) -> Outcome:
    """A bearer for this one room, never wider than the caller's own and never longer."""
    body: shapes.InviteBrowser = request.body
    mine, wanted = request.grants, frozenset(Verb(verb) for verb in body.grants)
    wider = frozenset() if Verb.ADMIN in mine.verbs else wanted - mine.verbs
    if wider:
        missing = ", ".join(sorted(wider))
        return Refusal(RefusalCode.NOT_ALLOWED, f"this token cannot give what it does not have: {missing}")
    there = request.hub.room(request.room, mine)
    if isinstance(there, Refusal):
        return there
    subject = f"{mine.subject}:{secrets.token_hex(4)}"
    expires_at = min(mine.expires_at, time.time() + body.ttl_s)
    bearer = request.hub.issue(Grants(subject, wanted, frozenset({request.room}), expires_at))
    log.info("link issued", subject=subject, room=request.room, verbs=",".join(sorted(wanted)))
    return shapes.Link(path=f"/r/{request.room}#token={bearer}", subject=subject, expires_at=expires_at)


def done(answer: object) -> Outcome:
    """An answer of which nothing is told but that there was no refusal."""
    return answer if isinstance(answer, Refusal) else None


def _room(view: RoomView) -> shapes.Room:
    return shapes.Room(
        id=view.id,
        name=view.name,
        mode=view.mode,
        talk_limit_ms=view.talk_limit_ms,
        made=view.made,
        floor=shapes.Floor(view.holder, view.holder_since_ms, [*view.beside, *view.talkers]),
        members=[
            shapes.Member(
                leg=member.participant.leg,
                name=member.participant.name,
                unit=member.participant.unit,
                kind=member.participant.kind,
                media_up=member.media_up,
                muted=member.muted,
            )
            for member in view.members
        ],
    )
