"""``/api/v1``: who asks, may they, what do they ask; then the operation is carried out.

No CORS: the API is for programs. A page of another origin gets no answer that it could read, and the
bearer is never sent by a browser on its own.
"""

import time
from collections import defaultdict
from collections.abc import Awaitable, Callable

import msgspec
import structlog
from aiohttp import web

from adapters._kit.counters import Counters
from adapters.web.api.actions import Denied, Outcome, Request
from adapters.web.api.application import Application, Applications
from adapters.web.api.memory import Known, Reply
from adapters.web.api.openapi import document
from adapters.web.api.operations import OPERATIONS, ROOT, Operation
from adapters.web.api.read import Wrong, read_address, read_body, read_key, read_query
from adapters.web.bearer import bearer_of, grants_of
from adapters.web.body import text_of
from adapters.web.config import WebConfig
from adapters.web.problem import problem, refused
from adapters.web.publication import Publications
from gateway.model.grants import Grants, Verb
from gateway.model.ids import LegId, RoomId
from gateway.model.refusal import Refusal, RefusalCode
from gateway.ports.hub import Hub

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.get_logger("web.api")

_SERVER_FAULT = 500


class ApiDoor:
    """All operations, and the document that describes them."""

    def __init__(self, hub: Hub, publications: Publications, config: WebConfig, counters: Counters) -> None:
        self._hub = hub
        self._publications = publications
        self._config = config
        self._counters = counters
        self._applications = Applications(hub, config, counters)
        self._document = document(OPERATIONS)

    def add_to(self, app: web.Application) -> None:
        """Addresses by the table; another method of one of them gets 405, another address 404."""
        methods: dict[str, dict[str, Handler]] = defaultdict(dict)
        methods[f"{ROOT}/openapi.json"]["GET"] = self._describe
        for one in OPERATIONS:
            methods[ROOT + one.path][one.method] = self._handler(one)
        for path, handlers in methods.items():
            resource = app.router.add_resource(path)
            for method, handler in handlers.items():
                resource.add_route(method, handler)
            resource.add_route("*", _other_method(", ".join(sorted(handlers))))
        app.router.add_route("*", "/api/{rest:.*}", _nothing_here)

    def end_all(self) -> None:
        """The gateway stops."""
        self._applications.end_all()

    async def _describe(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._document, content_type="application/json")

    def _handler(self, operation: Operation) -> Handler:
        async def handle(request: web.Request) -> web.Response:
            self._counters.add("api_requests_total")
            response = await self._serve(operation, request)
            if response.status >= 400:  # noqa: PLR2004 - RFC 9110 section 15: an error
                self._counters.add("api_refused_total")
            response.headers["Cache-Control"] = "no-store"
            return response

        return handle

    async def _serve(self, operation: Operation, request: web.Request) -> web.Response:
        grants = grants_of(request, self._hub)
        if isinstance(grants, web.Response):
            return grants
        if not _has(grants, Verb.API):
            return refused(_needs(Verb.API))
        application = self._applications.of(bearer_of(request), grants)
        if application is None:
            return refused(Refusal(RefusalCode.TOO_MANY, "too many tokens at once ([web] api_tokens_max)"))
        refusal = _kept_out(operation, application, grants)
        if refusal is not None:
            return refusal
        application.under_way += 1
        try:
            return await self._asked(operation, request, application, grants)
        except Wrong as wrong:
            return wrong.response
        finally:
            application.under_way -= 1

    async def _asked(
        self, operation: Operation, request: web.Request, application: Application, grants: Grants
    ) -> web.Response:
        where = read_address(request)
        room = RoomId(where.room)
        if room and not _covers(grants, room):
            return refused(Refusal(RefusalCode.NOT_ALLOWED, "the token does not cover this room"))
        query = read_query(request, operation.query)
        key = read_key(request) if operation.method == "POST" else None
        text, body = "", None
        if operation.body is not None:
            sent = await text_of(request, "application/json", self._config.body_timeout_s)
            if isinstance(sent, web.Response):
                return sent
            text, body = sent, read_body(sent, operation.body)
        leg, publications = LegId(where.leg), self._publications
        wanted = Request(self._hub, application, publications, grants, room, leg, query, body)
        if key is None:
            return _response(await _carried_out(operation, wanted))
        return await _once(operation, wanted, key, f"{request.path}\n{text}".encode())


def _kept_out(operation: Operation, application: Application, grants: Grants) -> web.Response | None:
    if not application.bucket.take(time.monotonic()):
        detail = "too many requests ([web] api_requests_per_s)"
        return problem(429, detail, code="too_many", headers={"Retry-After": "1"})
    return None if _has(grants, operation.verb) else refused(_needs(operation.verb))


async def _once(operation: Operation, wanted: Request, key: str, sent: bytes) -> web.Response:
    memory = wanted.application.memory
    known = memory.begin(key, sent)
    if known is Known.OTHER:
        return problem(409, "this Idempotency-Key was used for another request", code="invalid")
    if known is Known.UNDER_WAY:
        return problem(409, "the first request of this key is under way", headers={"Retry-After": "1"})
    if isinstance(known, Reply):
        return _response(known)
    reply = None
    try:
        reply = await _carried_out(operation, wanted)
    finally:
        # A fault or a limit of ours is no answer to hold on to.
        if reply is None or reply.status >= _SERVER_FAULT:
            memory.forget(key)
        else:
            memory.keep(key, sent, reply)
    return _response(reply)


async def _carried_out(operation: Operation, wanted: Request) -> Reply:
    outcome: Outcome = await operation.carry_out(wanted)
    if isinstance(outcome, Refusal | Denied):
        denied = outcome if isinstance(outcome, Denied) else Denied(outcome)
        response = refused(denied.refusal, denied.wait_ms)
        told = response.text.encode() if response.text else b""
        retry_after = response.headers.get("Retry-After", "")
        return Reply(response.status, told, response.content_type, retry_after)
    if outcome is None:
        return Reply(operation.status)
    return Reply(operation.status, msgspec.json.encode(outcome))


def _response(reply: Reply) -> web.Response:
    if not reply.body:
        return web.Response(status=reply.status)
    headers = {"Retry-After": reply.retry_after} if reply.retry_after else None
    return web.Response(
        status=reply.status, body=reply.body, content_type=reply.content_type, headers=headers
    )


def _has(grants: Grants, verb: Verb) -> bool:
    return not grants.verbs.isdisjoint({verb, Verb.ADMIN})


def _covers(grants: Grants, room: RoomId) -> bool:
    return grants.rooms is None or room in grants.rooms or Verb.ADMIN in grants.verbs


def _needs(verb: Verb) -> Refusal:
    return Refusal(RefusalCode.NOT_ALLOWED, f"needs the grant {verb}")


def _other_method(allowed: str) -> Handler:
    async def handle(_request: web.Request) -> web.Response:
        return problem(405, f"here: {allowed}", headers={"Allow": allowed})

    return handle


async def _nothing_here(_request: web.Request) -> web.Response:
    return problem(404, f"nothing here; see {ROOT}/openapi.json")
