"""All doors of one run: made, opened, closed in order."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from adapters._kit.counters import Counters
from adapters.web.api.door import ApiDoor
from adapters.web.commands import Spawn
from adapters.web.config import HttpSettings, WebConfig
from adapters.web.ice_servers import IceServers
from adapters.web.limits import ConnectionLimit
from adapters.web.listener import Connection, Gate
from adapters.web.operations import Operations
from adapters.web.pages import Pages
from adapters.web.publication import Publications
from adapters.web.sdp_door import SdpDoor
from adapters.web.sessions import Sessions
from adapters.web.tls import Certificate
from adapters.web.whep import WHEP
from adapters.web.whip import WHIP
from adapters.web.ws import SessionDoor
from gateway.ports.hub import Hub

BACKLOG = 256
SHUTDOWN_S = 3.0
"""Requests under way at the end get so long; a WebSocket's goodbye takes at most 2 s of it."""

_SECURITY_HEADERS = {
    "Server": "crosspatch",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}

COUNTERS = (
    "connections_total",
    "refused_connections_total",
    "malformed_requests_total",
    "request_faults_total",
    "abandoned_requests_total",
    "sockets_total",
    "refused_origins_total",
    "refused_sessions_total",
    "refused_tokens_total",
    "sessions_welcomed_total",
    "sessions_resumed_total",
    "commands_total",
    "command_copies_total",
    "deltas_total",
    "slow_readers_total",
    "silent_total",
    "malformed_messages_total",
    "invalid_messages_total",
    "unknown_messages_total",
    "ignored_messages_total",
    "refused_messages_total",
    "data_channel_messages_total",
    "publications_total",
    "api_requests_total",
    "api_refused_total",
    "turn_credentials_total",
    "refused_offers_total",
    "certificate_reloads_total",
    "certificate_errors_total",
)

log = structlog.get_logger("web.server")


class Doors:
    """Opened once, closed once."""

    def __init__(
        self, hub: Hub, http: HttpSettings, config: WebConfig, counters: Counters, spawn: Spawn
    ) -> None:
        self._http = http
        self._counters = counters
        self._spawn = spawn
        self._config = config
        ice_servers = IceServers.read(config, counters)
        self._sessions = Sessions(hub, config, ice_servers, spawn, counters)
        self._publications = Publications(hub, config.publications_max, counters)
        self._gate = Gate(ConnectionLimit(config), counters, http.proxy)
        counters.gauge("connections", self._gate.limit.open_now)
        app = web.Application(client_max_size=config.body_bytes_max, middlewares=[_secured])
        app.router.add_get("/ws", SessionDoor(self._sessions, config, counters).serve)
        for direction in (WHIP, WHEP):
            app.router.add_routes(
                SdpDoor(direction, hub, self._publications, config, ice_servers, counters).routes()
            )
        self._api = ApiDoor(hub, self._publications, config, counters)
        self._api.add_to(app)
        app.router.add_routes(Operations(hub, config.operations_from, http.proxy).routes())
        app.router.add_routes(Pages().routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
        self._server: asyncio.Server | None = None

    async def open(self) -> str:
        """Listen; the address that people type. Raises OSError."""
        certificate = None
        if self._http.cert is not None and self._http.key is not None:
            certificate = Certificate(self._http.cert, self._http.key, self._counters)
            self._spawn(certificate.watch(), "web certificate")
        await self._runner.setup()
        self._server = await asyncio.get_running_loop().create_server(
            self._connection,
            self._http.listen,
            self._http.port,
            ssl=certificate.context if certificate else None,
            ssl_handshake_timeout=self._config.header_timeout_s if certificate else None,
            backlog=BACKLOG,
        )
        port = self._server.sockets[0].getsockname()[1]
        host = f"[{self._http.listen}]" if ":" in self._http.listen else self._http.listen
        return f"{'https' if certificate else 'http'}://{host}:{port}/"

    async def close(self) -> None:
        """No new connection, every session told, every leg ended, then the connections."""
        if self._server is not None:
            self._server.close()
        self._sessions.end_all()
        self._publications.end_all()
        self._api.end_all()
        await self._runner.cleanup()

    def _connection(self) -> Connection:
        server = self._runner.server
        if server is None:
            raise RuntimeError("the runner is not set up")
        return Connection(
            self._gate,
            server,
            loop=asyncio.get_running_loop(),
            access_log=None,
            # Also the time that a request's head may take: the handler closes what stays idle.
            keepalive_timeout=self._config.header_timeout_s,
            max_headers=48,
            max_field_size=5120,  # the longest that is good is a bearer of 4096 characters
            lingering_time=1.0,
        )


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def _secured(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        response = await handler(request)
    except web.HTTPException as error:
        error.headers.update(_SECURITY_HEADERS)
        raise
    if not response.prepared:
        for name, value in _SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
    return response
