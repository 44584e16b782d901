"""An application at ``/api/v1``: a bearer, and what it asks."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.contract.web.world import World


@dataclass
class Application:
    """One program with one token."""

    url: str
    token: str
    http: aiohttp.ClientSession

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str = "",
        raw: bytes = b"",
        kind: str = "application/json",
    ) -> tuple[int, dict[str, Any]]:
        """Status and answer; an empty answer is an empty dict."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if key:
            headers["Idempotency-Key"] = key
        data = raw or (None if body is None else json.dumps(body).encode())
        if data is not None:
            headers["Content-Type"] = kind
        async with self.http.request(method, self.url + path, data=data, headers=headers) as response:
            text = await response.text()
            return response.status, json.loads(text) if text else {}


@asynccontextmanager
async def application(world: World, token: str) -> AsyncIterator[Application]:
    async with aiohttp.ClientSession() as http:
        yield Application(f"{world.url}api/v1", token, http)
