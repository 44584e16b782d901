"""One SDP offer and answer over HTTP: RFC 9725 (WHIP) and draft-ietf-wish-whep."""

from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import aiohttp

_DEADLINE = aiohttp.ClientTimeout(total=20)


class ExchangeRefused(Exception):
    """The gateway did not answer 201."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"HTTP {status}: {body}")
        self.status = status
        self.body = body


@dataclass(frozen=True, slots=True)
class Door:
    """Where to offer and with what right: ``url`` is ``.../whip/{room}`` or ``.../whep/{room}``."""

    url: str
    token: str


class Exchange:
    """Offers once; the session resource is deleted at the end."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._http = aiohttp.ClientSession(
            timeout=_DEADLINE, headers={"Authorization": f"Bearer {door.token}"}, auto_decompress=True
        )
        self._location: str | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._location is not None:
                async with self._http.delete(self._location):
                    self._location = None
        except aiohttp.ClientError:
            pass  # the gateway is gone, and the session with it
        finally:
            await self._http.close()

    async def offer(self, sdp: str) -> str:
        """The SDP answer. Raises ExchangeRefused."""
        headers = {"Content-Type": "application/sdp"}
        async with self._http.post(self._door.url, data=sdp.encode(), headers=headers) as response:
            body = await response.text()
            if response.status != 201:
                raise ExchangeRefused(response.status, body)
            self._location = urljoin(str(response.url), response.headers["Location"])
            return body
