"""``/healthz`` (the process answers), ``/readyz`` (the doors are open), ``/metrics`` (Prometheus)."""

import ipaddress

from aiohttp import web

from adapters.web.peer import address_of
from adapters.web.problem import problem
from gateway.ports.hub import Hub

_NOT_NEEDED = frozenset({"store"})
"""Parts whose absence is an alarm but keeps nobody from talking (see Hub.ready)."""


class Operations:
    """For operators and their machines only: ``[web] operations_from``."""

    def __init__(self, hub: Hub, networks: tuple[str, ...], proxy: str) -> None:
        self._hub = hub
        self._networks = [ipaddress.ip_network(network) for network in networks]
        self._proxy = proxy

    def routes(self) -> list[web.RouteDef]:
        """Three doors."""
        return [
            web.get("/healthz", self._health),
            web.get("/readyz", self._ready),
            web.get("/metrics", self._metrics),
        ]

    async def _health(self, request: web.Request) -> web.StreamResponse:
        return self._foreign(request) or web.Response(text="alive\n", headers=_NO_STORE)

    async def _ready(self, request: web.Request) -> web.StreamResponse:
        foreign = self._foreign(request)
        if foreign is not None:
            return foreign
        parts = dict(self._hub.ready())
        ready = all(up for part, up in parts.items() if part not in _NOT_NEEDED)
        return web.json_response(
            {"ready": ready, "parts": parts}, status=200 if ready else 503, headers=_NO_STORE
        )

    async def _metrics(self, request: web.Request) -> web.StreamResponse:
        foreign = self._foreign(request)
        if foreign is not None:
            return foreign
        response = web.Response(body=self._hub.metrics(), headers=_NO_STORE)
        response.headers["Content-Type"] = "text/plain; version=0.0.4; charset=utf-8"
        return response

    def _foreign(self, request: web.Request) -> web.Response | None:
        try:
            address = ipaddress.ip_address(address_of(request, self._proxy))
        except ValueError:
            address = None
        if address is not None and any(address in network for network in self._networks):
            return None
        return problem(403, "not from this address ([web] operations_from)")


_NO_STORE = {"Cache-Control": "no-store"}
