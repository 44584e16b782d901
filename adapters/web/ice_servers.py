"""Addresses of STUN and TURN servers for pages and programs, with credentials that soon run out.

The secret is shared with the TURN server alone (coturn: ``use-auth-secret``). A user name is the time at
which it ends and a name; its password is the HMAC-SHA1 of the user name (draft-uberti-behave-turn-rest-00
section 2.2). The server checks both without asking anybody.
"""

import base64
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from adapters._kit.counters import Counters
from adapters._kit.secret_file import SecretUnusable, read_secret
from adapters.web.config import WebConfig


class Unusable(Exception):
    """The secret cannot be used; the text says what to do."""


@dataclass(frozen=True, slots=True)
class IceServer:
    """One server; ``credential`` is a secret of whoever asked for it."""

    urls: tuple[str, ...]
    username: str = ""
    credential: str = field(default="", repr=False)


class IceServers:
    """What is told to those who offer media."""

    def __init__(
        self, config: WebConfig, counters: Counters, secret: str = "", clock: Callable[[], float] = time.time
    ) -> None:
        self._stun = config.ice_servers
        self._turn = config.turn_urls
        self._ttl_s = config.turn_ttl_s
        self._counters = counters
        self._secret = secret.encode()
        self._clock = clock

    @classmethod
    def read(cls, config: WebConfig, counters: Counters) -> Self:
        """With the secret of its file. Raises Unusable, OSError."""
        path = config.turn_secret_file
        return cls(config, counters, "" if path is None else _secret(path))

    def of(self, name: str) -> tuple[IceServer, ...]:
        """For the one so named, from now on. ``name`` stands in the TURN server's log: no personal data."""
        stun = (IceServer(self._stun),) if self._stun else ()
        if not self._turn:
            return stun
        username = f"{int(self._clock()) + self._ttl_s}:{name}"
        self._counters.add("turn_credentials_total")
        digest = hmac.digest(self._secret, username.encode(), "sha1")
        return (*stun, IceServer(self._turn, username, base64.b64encode(digest).decode()))

    def links(self, name: str) -> list[str]:
        """The same as values of Link headers (RFC 9725 section 4.6), an address each."""
        links = []
        for server in self.of(name):
            more = ""
            if server.username:
                more = (
                    f'; username="{server.username}"; credential="{server.credential}"'
                    '; credential-type="password"'
                )
            links += [f'<{url}>; rel="ice-server"{more}' for url in server.urls]
        return links


def _secret(path: Path) -> str:
    try:
        return read_secret(path, "secret")
    except SecretUnusable as error:
        raise Unusable(f"[web] turn_secret_file {error}") from error
