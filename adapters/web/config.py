"""Section ``[web]``: the doors' limits. Address and certificate are the hub's section ``[http]``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


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
    """STUN or TURN addresses (``stun:host:port``) told to WHIP and WHEP clients in Link headers;
    default none: the gateway's own candidates are reachable."""

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

    silence_s: float = 10.0
    """A session without any message for so long (seconds) is taken for lost."""

    resume_hold_s: float = 5.0
    """A lost session keeps its leg, its floor and its media for so long (seconds) to be resumed."""

    outbox_messages_max: int = 512
    """Messages waiting for one slow reader; one more closes its socket with 4005, resumable."""

    outbox_bytes_max: int = 4_194_304
    """Bytes of messages waiting for one slow reader; more closes its socket with 4005, resumable."""
