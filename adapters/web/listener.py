"""The TCP side of the doors: connections are counted, slow ones closed, broken ones answered.

aiohttp's request handler does the HTTP. Three rules are added to it: a bound on connections of one
address, one place where a fault of a request is answered and logged, and no text of a peer in a log.
"""

import asyncio
import time
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from adapters._kit.counters import Counters
from adapters._kit.once import Once
from adapters.web.limits import ConnectionLimit
from adapters.web.problem import problem

log = structlog.get_logger("web.listener")


class Gate:
    """What all connections of one listener share."""

    def __init__(self, limit: ConnectionLimit, counters: Counters, proxy: str) -> None:
        self.limit = limit
        self.counters = counters
        self.proxy = proxy
        self.once = Once()


class Connection(web.RequestHandler):
    """One TCP connection."""

    def __init__(self, gate: Gate, server: web.Server, **settings: Any) -> None:  # noqa: ANN401 - aiohttp's own
        super().__init__(server, **settings)
        self._gate = gate
        self._address: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A peer beyond its bound is closed before a byte of it is read."""
        peer = transport.get_extra_info("peername")
        address = peer[0] if peer else ""
        if address != self._gate.proxy:  # all the world comes through the proxy: it does the limiting
            if not self._gate.limit.enter(address, time.monotonic()):
                self._gate.counters.add("refused_connections_total")
                if self._gate.once.first(address, "connections"):
                    log.warning("too many connections", peer=address)
                if isinstance(transport, asyncio.Transport):
                    transport.abort()
                return
            self._address = address
        self._gate.counters.add("connections_total")
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Balance the count."""
        if self._address is not None:
            self._gate.limit.leave(self._address)
            self._address = None
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - aiohttp's signature
    ) -> web.StreamResponse:
        """What aiohttp could not parse (the peer's fault), or a handler raised (ours)."""
        peer = request.remote or ""
        if isinstance(exc, ConnectionError):
            self._gate.counters.add("abandoned_requests_total")
            raise exc  # the peer went away: nobody is left to be answered
        if isinstance(exc, HttpProcessingError) or status < HTTPStatus.INTERNAL_SERVER_ERROR:
            self._gate.counters.add("malformed_requests_total")
            if self._gate.once.first(peer, "malformed"):
                log.warning("malformed request", peer=peer, fault=type(exc).__name__)
            response = problem(status, "this is not a good HTTP/1.1 request")
        else:
            self._gate.counters.add("request_faults_total")
            log.error("a request failed", method=request.method, exc_info=exc)
            response = problem(500, "a fault of the gateway, see its log")
        if request.writer.output_size > 0:
            raise ConnectionError("a response was begun already")
        response.force_close()
        return response
