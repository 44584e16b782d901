"""The floor by ``/api/v1``: seen by whoever listens, asked for by the program that streams.

An application presses for a WHIP session that a token of its own subject made, and for nobody else: to open
the microphone of another would be listening in. What that session may do is what counts: the core is asked in
its name, by the rights and the rank of the token that made it.
"""

import time
from collections.abc import Iterable

from adapters.web.api import shapes
from adapters.web.api.actions import Denied, Outcome, Request, done
from adapters.web.publication import Publication
from gateway.model import inputs
from gateway.model.grants import Verb
from gateway.model.ids import LegId
from gateway.model.refusal import Refusal, RefusalCode
from gateway.model.room import RoomMode

_NOT_YOURS = Refusal(
    RefusalCode.UNKNOWN_MEMBER, "no WHIP session of a token of your subject has this leg in this room"
)
_NO_SOUND = Refusal(RefusalCode.NO_MEDIA, "the session brings no sound")


async def show(request: Request) -> Outcome:
    """Needs no leg, as looking at the room."""
    view = request.hub.room(request.room, request.grants)
    if isinstance(view, Refusal):
        return view
    people = {one.participant.leg: one.participant for one in view.members}

    def named(legs: Iterable[LegId]) -> list[shapes.FloorMember]:
        found = [people[leg] for leg in legs if leg in people]
        return [shapes.FloorMember(one.leg, one.name, one.unit, one.kind) for one in found]

    holder = next(iter(named([view.holder] if view.holder else [])), None)
    talkers = named([*view.beside, *view.talkers])
    if view.mode is RoomMode.CONFERENCE:
        state = shapes.FloorState.OPEN
    else:
        state = shapes.FloorState.TAKEN if holder else shapes.FloorState.IDLE
    return shapes.FloorNow(state, holder, view.holder_since_ms, named(view.queue), talkers)


async def ask(request: Request) -> Outcome:
    """Said again it changes nothing: who talks talks on, who waits keeps its place."""
    mine = _mine(request)
    if isinstance(mine, Refusal):
        return mine
    if not mine.speaks:
        return _NO_SOUND
    body: shapes.AskFloor = request.body
    if body.override and request.grants.verbs.isdisjoint({Verb.DISPATCH, Verb.ADMIN}):
        return Refusal(RefusalCode.NOT_ALLOWED, "needs the grant dispatch")
    answer = await request.hub.command(
        inputs.FloorRequest(
            mine.next_id(), mine.leg, request.room, time.time(), waits=body.wait, overrides=body.override
        )
    )
    if answer.refusal is not None:
        return Denied(answer.refusal, answer.wait_ms)
    state = shapes.Asked.QUEUED if answer.place else shapes.Asked.GRANTED
    return shapes.FloorAnswer(state, answer.limit_ms, answer.place)


async def release(request: Request) -> Outcome:
    """Of a leg that neither talks nor waits: done."""
    mine = _mine(request)
    if isinstance(mine, Refusal):
        return mine
    answer = await request.hub.command(inputs.FloorRelease(mine.next_id(), mine.leg, request.room))
    return answer.refusal


async def cancel(request: Request) -> Outcome:
    """As a dispatcher does; of a member that does not wait: done."""
    return done(
        await request.application.act(
            request.room,
            lambda id_, leg: inputs.CancelRequest(id_, leg, request.room, request.leg, time.time()),
        )
    )


def _mine(request: Request) -> Publication | Refusal:
    return request.publications.of(request.leg, request.grants.subject, request.room) or _NOT_YOURS
