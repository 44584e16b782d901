"""Section ``[web]``: the doors' limits. Address and certificate are the hub's section ``[http]``."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

# RFC 7064 and 7065 without IPv6 zones; it goes into a header between angle brackets.
_URL = re.compile(r"[a-z]+:[0-9A-Za-z.:\[\]_-]+(\?transport=(udp|tcp))?")
_TTL_MIN_S, _TTL_MAX_S = 60, 86_400


class HttpSettings(Protocol):
    """The part of the hub's ``[http]`` section that the doors use (``Hub.config("http")``)."""

    @property
    def listen(self) -> str: ...

    @property
    def port(self) -> int: ...

    @property
    def cert(self) -> Path | None: ...

    @property
    def key(self) -> Path | None: ...

    @property
    def proxy(self) -> str: ...


@dataclass(frozen=True, slots=True)
class WebConfig:
    """Limits of the doors. Every one is counted in /metrics when it strikes."""

    origins: tuple[str, ...] = ()
    """More origins that may open ``/ws``, such as ``https://console.example.org``; default none:
    only pages that this gateway served itself."""

    ice_servers: tuple[str, ...] = ()
    """STUN addresses (``stun:host:port``) told to pages, and to WHIP and WHEP clients in Link headers;
    default none: the gateway's own candidates are reachable."""

    turn_urls: tuple[str, ...] = ()
    """TURN addresses told to the same, with credentials made for each: ``turns:host:443?transport=tcp``,
    ``turn:host:3478``; needs ``turn_secret_file``. Default none."""

    turn_secret_file: Path | None = None
    """File with the secret shared with the TURN server (coturn: ``static-auth-secret``) on its first line;
    readable by the gateway only (mode 0600)."""

    turn_ttl_s: int = 3600
    """Seconds for which a TURN credential lets a peer in (60 to 86,400); who is in stays."""

    operations_from: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    """Networks that may read /healthz, /readyz and /metrics; others get 403. Default loopback."""

    sessions_max: int = 1000
    """Signed-in pages at once, those on hold after a broken link included; one more gets ``bye too_many``."""

    publications_max: int = 2000
    """WHIP and WHEP sessions at once; one more gets 503."""

    connections_per_address: int = 512
    """Open TCP connections of one address at once; one more is closed unread."""

    connects_per_s: float = 100.0
    """New TCP connections a second of one address, on average; more are closed unread."""

    connects_burst: int = 600
    """New TCP connections of one address at once before ``connects_per_s`` is applied."""

    messages_per_s: float = 50.0
    """Messages a second of one session on all its channels, on average; more are refused with
    ``too_many``, and a session that goes on is closed."""

    messages_burst: int = 200
    """Messages of one session at once before ``messages_per_s`` is applied."""

    message_bytes_max: int = 131_072
    """Longest message on ``/ws`` (bytes); a longer one closes the socket with 1009."""

    body_bytes_max: int = 65_536
    """Longest HTTP request body (bytes); a longer one gets 413."""

    header_timeout_s: float = 10.0
    """A request's head must be complete by then (seconds), also on a kept connection; else closed."""

    body_timeout_s: float = 10.0
    """A request's body must be complete by then (seconds); else 408."""

    hello_timeout_s: float = 5.0
    """The first message on ``/ws`` must come by then (seconds); else ``bye silent``."""

    api_requests_per_s: float = 20.0
    """Requests a second of one token at ``/api/v1``, on average; more get 429."""

    api_requests_burst: int = 100
    """Requests of one token at once before ``api_requests_per_s`` is applied."""

    api_tokens_max: int = 256
    """Tokens at ``/api/v1`` of which limits and answers are kept; the one unused for longest is forgotten."""

    api_idle_s: float = 60.0
    """An application that asks nothing of its rooms for so long (seconds) leaves them."""

    silence_s: float = 10.0
    """A session without any message for so long (seconds) is taken for lost."""

    resume_hold_s: float = 5.0
    """A lost session keeps its leg, its floor and its media for so long (seconds) to be resumed."""

    outbox_messages_max: int = 512
    """Messages waiting for one slow reader; one more closes its socket with 4005, resumable."""

    outbox_bytes_max: int = 4_194_304
    """Bytes of messages waiting for one slow reader; more closes its socket with 4005, resumable."""

    def __post_init__(self) -> None:
        for key, urls, schemes in (
            ("ice_servers", self.ice_servers, ("stun:", "stuns:", "turn:", "turns:")),
            ("turn_urls", self.turn_urls, ("turn:", "turns:")),
        ):
            if not all(url.startswith(schemes) and _URL.fullmatch(url) for url in urls):
                raise ValueError(f"{key}: addresses such as {schemes[-1]}host:443, without spaces or quotes")
        if bool(self.turn_urls) is not (self.turn_secret_file is not None):
            raise ValueError("turn_urls and turn_secret_file: both or none")
        if not _TTL_MIN_S <= self.turn_ttl_s <= _TTL_MAX_S:
            raise ValueError(f"turn_ttl_s: {_TTL_MIN_S} to {_TTL_MAX_S}")
