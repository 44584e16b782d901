"""What WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep) share: one POST, one session, PATCH, DELETE.

The gateway is ICE-lite with all its candidates in the answer. What a PATCH may do is in ``ice_patch.py``.
"""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from aiohttp import web

from adapters._kit.counters import Counters
from adapters.web import ice_patch, translate
from adapters.web.bearer import grants_of
from adapters.web.body import text_of
from adapters.web.config import WebConfig
from adapters.web.ice_patch import SDP_FRAGMENT
from adapters.web.ice_servers import IceServers
from adapters.web.offer import NotSdp, Offer, read_offer
from adapters.web.problem import problem, refused
from adapters.web.publication import Publication, Publications
from gateway.model.grants import Grants, Verb
from gateway.model.ids import RoomId
from gateway.model.participant import LegKind, Participant
from gateway.model.refusal import Refusal, RefusalCode
from gateway.ports.hub import Hub, TooManyLegs
from gateway.ports.media import LegProfile, OfferRefused, PlaneBusy

SDP = "application/sdp"
FLOOR_RELATION = "urn:crosspatch:floor"
"""Of the address at which an application asks for the floor for a session."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_CORS = {
    # Any origin: the bearer is sent by the program on purpose, never by the browser on its own.
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Location, ETag, Link, Accept-Patch, WWW-Authenticate, Retry-After",
}
_PREFLIGHT = _CORS | {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match",
    "Access-Control-Max-Age": "600",
    "Accept-Post": SDP,
}


@dataclass(frozen=True, slots=True)
class Direction:
    """What makes a WHIP or a WHEP door of an SDP door."""

    path: str
    """First part of its addresses: ``whip`` or ``whep``."""
    kind: LegKind
    needs: Mapping[str, Verb]
    """By kind of media: the right that an offer of it needs."""
    fault: Callable[[Offer], str | None]
    """What is wrong with an offer for this direction; None: nothing."""
    profile: Callable[[Offer], LegProfile]
    """What the leg of such an offer is made for."""


class SdpDoor:
    """``/{path}/{room}`` and the sessions below it."""

    def __init__(
        self,
        direction: Direction,
        hub: Hub,
        publications: Publications,
        config: WebConfig,
        ice_servers: IceServers,
        counters: Counters,
    ) -> None:
        self._ice_servers = ice_servers
        self._direction = direction
        self._hub = hub
        self._publications = publications
        self._config = config
        self._counters = counters

    def routes(self) -> list[web.RouteDef]:
        """Other methods get 405 with Allow from the router."""
        endpoint = f"/{self._direction.path}/{{room}}"
        session = f"{endpoint}/{{publication}}"
        return [
            web.post(endpoint, self._cors(self._post)),
            web.patch(session, self._cors(self._patch)),
            web.delete(session, self._cors(self._delete)),
            *(web.options(path, _preflight) for path in (endpoint, session)),
            *(web.get(path, self._cors(_no_content)) for path in (endpoint, session)),
        ]

    def _cors(self, handler: Handler) -> Handler:
        async def with_cors(request: web.Request) -> web.StreamResponse:
            response = await handler(request)
            response.headers.update(_CORS)
            return response

        return with_cors

    # -- POST: a session -----------------------------------------------------------------

    async def _post(self, request: web.Request) -> web.StreamResponse:  # noqa: PLR0911 - one answer a fault
        grants = grants_of(request, self._hub)
        if isinstance(grants, web.Response):
            return grants
        if grants.verbs.isdisjoint({*self._direction.needs.values(), Verb.ADMIN}):
            return self._not_allowed(self._direction.needs.values())
        if not _accepts(request, SDP):
            return problem(406, f"the answer is {SDP}")
        text = await text_of(request, SDP, self._config.body_timeout_s)
        if isinstance(text, web.Response):
            return text
        try:
            offer = read_offer(text)
        except NotSdp as error:
            return problem(400, str(error), code="bad_offer")
        fault = self._direction.fault(offer)
        if fault is not None:
            return problem(422, fault, code="bad_offer")
        needs = {
            self._direction.needs[line.kind] for line in offer.wanted if line.kind in self._direction.needs
        }
        if not needs <= grants.verbs and Verb.ADMIN not in grants.verbs:
            return self._not_allowed(needs - grants.verbs)
        if self._publications.full:
            return refused(Refusal(RefusalCode.TOO_MANY, "too many sessions ([web] publications_max)"))
        publication = Publication(RoomId(request.match_info["room"]), grants, text)
        return await self._publish(publication, text, self._direction.profile(offer))

    def _not_allowed(self, verbs: Iterable[Verb]) -> web.Response:
        return problem(403, f"this token may not {' or '.join(sorted(verbs))}", code="not_allowed")

    async def _publish(self, publication: Publication, offer: str, profile: LegProfile) -> web.Response:
        publication.shows, publication.speaks = profile.cameras, profile.publishes
        try:
            self._publications.open(publication)
        except TooManyLegs:
            return refused(Refusal(RefusalCode.TOO_MANY, "too many legs ([limits] legs)"))
        answer: str | Refusal = Refusal(RefusalCode.INTERNAL)
        try:
            answer = await self._join(publication) or await self._hub.media.accept(
                publication.leg, offer, profile
            )
        except OfferRefused as error:
            answer = Refusal(RefusalCode.BAD_OFFER, error.reason)
        except PlaneBusy:
            answer = Refusal(RefusalCode.TOO_MANY, "the media plane is full")
        finally:
            # Also when the peer hung up meanwhile: nobody knows this session's address.
            if isinstance(answer, Refusal):
                self._publications.end(publication, answer.code.value)
        if isinstance(answer, Refusal):
            self._counters.add("refused_offers_total")
            return refused(answer)
        self._counters.add("publications_total")
        return self._created(publication, answer)

    async def _join(self, publication: Publication) -> Refusal | None:
        """Into the room, named by the token's subject."""
        who = Participant(publication.leg, publication.grants.subject, "", self._direction.kind)
        command = translate.join(
            publication.next_id(), publication.room, who, publication.grants, time.time()
        )
        return (await self._hub.command(command)).refusal

    def _created(self, publication: Publication, answer: str) -> web.Response:
        path = f"/{self._direction.path}/{publication.room}/{publication.id}"
        # As bytes: text would add a charset parameter, which the media type does not have.
        response = web.Response(status=201, body=answer.encode(), content_type=SDP)
        response.headers.update(
            {
                "Location": path,
                "ETag": publication.ice.etag,
                "Accept-Patch": SDP_FRAGMENT,
                "Cache-Control": "no-store",
            }
        )
        for link in self._ice_servers.links(publication.leg):
            response.headers.add("Link", link)
        if publication.speaks:
            # RFC 8288 section 2.1.2: a relation of our own is named by a URI.
            floor = f"/api/v1/rooms/{publication.room}/floor/{publication.leg}"
            response.headers.add("Link", f'<{floor}>; rel="{FLOOR_RELATION}"')
        return response

    # -- the session's own address -------------------------------------------------------

    async def _patch(self, request: web.Request) -> web.StreamResponse:
        found = self._find(request)
        if isinstance(found, web.Response):
            return found
        text = await text_of(request, SDP_FRAGMENT, self._config.body_timeout_s)
        if isinstance(text, web.Response):
            return text
        return await ice_patch.patched(request.headers.get("If-Match"), text, found, self._hub.media)

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        found = self._find(request)
        if isinstance(found, web.Response):
            return found
        self._publications.end(found, "deleted")
        return web.Response(status=200)

    def _find(self, request: web.Request) -> Publication | web.Response:
        """The session, if the bearer is the one that made it."""
        grants = grants_of(request, self._hub)
        if isinstance(grants, web.Response):
            return grants
        publication = self._publications.find(request.match_info["publication"])
        if publication is None or not _same(publication, request.match_info["room"], grants):
            return problem(404, "no such session")
        return publication


def _same(publication: Publication, room: str, grants: Grants) -> bool:
    return publication.room == room and publication.grants.subject == grants.subject


def _accepts(request: web.Request, media_type: str) -> bool:
    """RFC 9110 section 12.5.1, without weights: they only rank, and there is one kind of answer."""
    accept = request.headers.get("Accept", "*/*")
    kinds = {part.split(";")[0].strip().lower() for part in accept.split(",")}
    return not kinds.isdisjoint({"*/*", "application/*", media_type})


async def _preflight(_request: web.Request) -> web.StreamResponse:
    return web.Response(status=200, headers=_PREFLIGHT)


async def _no_content(_request: web.Request) -> web.StreamResponse:
    """GET has no representation; HEAD tells players that this is such a door (WHEP draft section 4.2)."""
    return web.Response(status=200, content_type=SDP)
