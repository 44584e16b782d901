"""The configuration: every section and field, with unit, default and effect.

One TOML file, and environment variables ``CROSSPATCH_{SECTION}_{KEY}`` over it. How it is read and
checked is in ``config_read``; rules over several fields are in ``check``.
"""

import hashlib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from gateway.model.ids import RoomId
from gateway.model.room import DEFAULT_TERMS, FloorTerms, Preemption, RoomMode, RoomSpec


class LogLevel(StrEnum):
    """Least severity that is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class HttpConfig:
    """``[http]``: the door for pages, WHIP, WHEP and operations."""

    listen: str = "127.0.0.1"
    """IP address to listen on. Anything but loopback needs ``cert`` and ``key``, or ``proxy``."""
    port: int = 8080
    """TCP port, 0 to 65535; 0 takes any free one, printed in the ready line."""
    cert: Path | None = None
    """PEM file with the certificate chain. Default: none, plain HTTP. Read again when it changes."""
    key: Path | None = None
    """PEM file with the certificate's private key; needed with ``cert``."""
    proxy: str = ""
    """IP address of the reverse proxy that does TLS in front of this listener. Default: none.

    Its X-Forwarded-* headers are believed; those of others are not.
    """


@dataclass(frozen=True, slots=True)
class MediaConfig:
    """``[media]``: the native media core."""

    listen: tuple[str, ...] = ()
    """IP addresses of the UDP sockets. Default: where HTTP listens, which is 127.0.0.1 without a file.

    For an HTTP listener on all addresses: those of every interface.
    """
    announce: tuple[str, ...] = ()
    """IP addresses written into ICE candidates instead of ``listen`` (NAT 1:1). Default: the same."""
    port: int = 0
    """First UDP port; shard k uses port + k. 0 takes any free one."""
    tcp_port: int = 0
    """TCP port for peers that UDP does not reach (ICE-TCP), the same for all shards. 0: not offered."""
    tcp_connections_max: int = 2000
    """Most ICE-TCP connections at once; one more is closed unread."""
    tcp_connections_per_address: int = 128
    """Most ICE-TCP connections of one address at once; one more is closed unread. A browser needs one, and
    those behind one NAT share an address."""
    rtp_port_first: int = 0
    """First UDP port for phones; each needs two, an even one and the next. 0 takes any free ones."""
    rtp_port_last: int = 0
    """Last UDP port for phones; 0 with ``rtp_port_first`` 0."""
    shards: int = 0
    """Media threads. 0 means one less than there are cores, at least 1."""
    forwarding: bool = True
    """False: everything works but no media is forwarded. For the self-test that must then fail."""
    sessions_max: int = 2000
    """Most media sessions at once; one more is refused."""
    data_message_bytes_max: int = 16_384
    """Bytes of the longest data-channel message taken; a longer one is dropped and counted."""


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """``[store]``: where the log is kept. The bounds of the spool are on local disk."""

    dir: Path = Path("var")
    """Data directory: spool, SQLite file, token key. Default: ``var`` below the working directory."""
    spool_bytes_max: int = 1 << 30
    """Bytes of records not yet in the store; from 15/16 of it on, administration is refused."""
    segment_bytes: int = 16 << 20
    """Bytes of one spool file before the next is begun."""
    keep_bytes: int = 64 << 20
    """Bytes of records that stay in the spool although the store has them, for ``replay``."""
    sync_interval_ms: int = 50
    """Milliseconds between fsyncs: what a power loss may cost."""


@dataclass(frozen=True, slots=True)
class LimitsConfig:
    """``[limits]``: what all peers together may make the hub hold."""

    legs: int = 2000
    """Most legs at once; one more is refused."""
    queue_len_max: int = 10_000
    """Most inputs waiting for the core; then commands are refused and voice activity is dropped."""


@dataclass(frozen=True, slots=True)
class LogConfig:
    """``[log]``: what goes to stderr."""

    level: LogLevel = LogLevel.INFO
    """Least severity written: debug, info, warning, error."""


@dataclass(frozen=True, slots=True)
class RoomConfig:
    """``[[rooms]]``: one room."""

    id: str
    """Name in addresses: lower case letters, digits and ``-``; at most 63."""
    name: str = ""
    """What people read. Default: the id."""
    mode: RoomMode = RoomMode.TALKGROUP
    """talkgroup, conference or broadcast; a mode that somebody switches to live stays over restarts."""
    talk_limit_ms: int = 30_000
    """Milliseconds of the longest talkspurt. 0: no limit (conference only)."""
    capacity: int = 200
    """Most participants at once; one more is refused."""
    talkers_max: int = DEFAULT_TERMS.talkers_max
    """Most who talk at once in a talkgroup or broadcast; 1 to 3."""
    queue_max: int = DEFAULT_TERMS.queue_max
    """Most who wait for the floor; 0: nobody waits, a request while another talks is denied."""
    queue_wait_ms: int = DEFAULT_TERMS.queue_wait_ms
    """Milliseconds; who has waited so long for the floor is turned away."""
    warn_ms: int = DEFAULT_TERMS.warn_ms
    """Milliseconds before the talk limit at which the talker is warned; 0: never."""
    grace_ms: int = DEFAULT_TERMS.grace_ms
    """Milliseconds after the talk limit until the media core cuts; 0: it cuts at the limit."""
    penalty_ms: int = DEFAULT_TERMS.penalty_ms
    """Milliseconds for which who was cut by the limit is denied; 0: no penalty."""
    unheard_ms: int = DEFAULT_TERMS.unheard_ms
    """Milliseconds; who waited, is served and says nothing for so long loses the floor; 0: never."""
    preemption: Preemption = DEFAULT_TERMS.preemption
    """Who may cut off whom: never, override (a dispatcher who says so), rank, or cut_in (an equal too)."""

    def spec(self) -> RoomSpec:
        """As the core wants it."""
        terms = FloorTerms(
            talkers_max=self.talkers_max,
            queue_max=self.queue_max,
            queue_wait_ms=self.queue_wait_ms,
            warn_ms=self.warn_ms,
            grace_ms=self.grace_ms,
            penalty_ms=self.penalty_ms,
            unheard_ms=self.unheard_ms,
            preemption=self.preemption,
        )
        name = self.name or self.id
        return RoomSpec(RoomId(self.id), name, self.mode, self.talk_limit_ms, self.capacity, terms)


DEFAULT_ROOMS = (
    RoomConfig("ops", "Operations"),
    RoomConfig("command", "Command", RoomMode.CONFERENCE),
)


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration of one run."""

    http: HttpConfig = HttpConfig()
    media: MediaConfig = MediaConfig()
    store: StoreConfig = StoreConfig()
    limits: LimitsConfig = LimitsConfig()
    log: LogConfig = LogConfig()
    rooms: tuple[RoomConfig, ...] = DEFAULT_ROOMS
    """Without any ``[[rooms]]``: ops (talkgroup) and command (conference)."""
    adapters: Mapping[str, Any] = field(default_factory=dict)
    """Section by adapter name; each adapter's package documents its own."""
    source: Path | None = None
    """The file that was read."""

    def section(self, name: str) -> Any:  # noqa: ANN401 - each section has its own type
        """An adapter's section or one of the hub's own. Raises KeyError."""
        return (
            self.adapters[name] if name in self.adapters else {"http": self.http, "store": self.store}[name]
        )

    @property
    def digest(self) -> str:
        """Fingerprint of all values, 16 hex digits; stands in every record."""
        text = repr(
            (self.http, self.media, self.store, self.limits, self.rooms, sorted(self.adapters.items()))
        )
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def is_loopback(address: str) -> bool:
    """Whether an IP address reaches this machine only."""
    return ipaddress.ip_address(address).is_loopback
