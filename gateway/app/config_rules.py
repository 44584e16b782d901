"""What the types cannot say of a configuration: ranges, addresses, and the secure-context rule."""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.app.config import Config, HttpConfig, RoomConfig, is_loopback
from gateway.model.room import RoomMode

_ROOM_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
SEGMENT_BYTES_MIN = 64 << 10
SPOOL_BYTES_MIN = 1 << 20


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that the configuration breaks."""

    key: str
    found: str
    expected: str
    hint: str = ""


def broken_rules(config: Config) -> Iterator[Broken]:
    """Every broken rule."""
    yield from _ranges(config)
    yield from _http(config.http)
    for key, addresses in (("listen", config.media.listen), ("announce", config.media.announce)):
        yield from (
            Broken(f"[media] {key}", repr(a), "IP addresses") for a in addresses if not _is_address(a)
        )
    yield from _rooms(config.rooms)


def _ranges(config: Config) -> Iterator[Broken]:
    media, store, limits = config.media, config.store, config.limits
    bounds: tuple[tuple[str, int, int, int | None], ...] = (
        ("[http] port", config.http.port, 0, 65535),
        ("[media] port", media.port, 0, 65535),
        ("[media] tcp_port", media.tcp_port, 0, 65535),
        ("[media] tcp_connections_max", media.tcp_connections_max, 1, 100_000),
        ("[media] tcp_connections_per_address", media.tcp_connections_per_address, 1, 100_000),
        ("[media] shards", media.shards, 0, 256),
        ("[media] sessions_max", media.sessions_max, 1, None),
        ("[media] data_message_bytes_max", media.data_message_bytes_max, 64, 65_535),
        ("[store] spool_bytes_max", store.spool_bytes_max, SPOOL_BYTES_MIN, None),
        ("[store] segment_bytes", store.segment_bytes, SEGMENT_BYTES_MIN, store.spool_bytes_max // 4),
        ("[store] keep_bytes", store.keep_bytes, 0, store.spool_bytes_max // 2),
        ("[store] sync_interval_ms", store.sync_interval_ms, 1, 10_000),
        ("[limits] legs", limits.legs, 1, None),
        ("[limits] queue_len_max", limits.queue_len_max, 1, None),
    )
    for key, value, least, most in bounds:
        if value < least or (most is not None and value > most):
            expected = f"at least {least}" if most is None else f"{least} to {most}"
            yield Broken(key, str(value), expected)


def _http(http: HttpConfig) -> Iterator[Broken]:
    if http.proxy and not _is_address(http.proxy):
        yield Broken("[http] proxy", repr(http.proxy), "the IP address of the reverse proxy")
    for key, path in (("cert", http.cert), ("key", http.key)):
        if path is not None and not path.is_file():
            yield Broken(f"[http] {key}", f"no file {path}", "a PEM file")
    if (http.cert is None) is not (http.key is None):
        yield Broken("[http] cert, key", "one of the two", "both or none")
    if not _is_address(http.listen):
        yield Broken("[http] listen", repr(http.listen), "an IP address, such as 127.0.0.1 or 0.0.0.0")
    elif not is_loopback(http.listen) and http.cert is None and not http.proxy:
        # Browsers give the microphone to secure contexts only, and bearers must not travel in clear.
        yield Broken(
            "[http] listen",
            f"{http.listen} without TLS",
            "a loopback address, or cert and key, or proxy",
            "type: crosspatch cert --host NAME (the name or address that people will type)",
        )


_TALKERS_MOST = 3
"""A page has slots for so many voices (adr/0017)."""
_FLOOR_MOST = {
    "queue_max": 100,
    "queue_wait_ms": 600_000,
    "warn_ms": 60_000,
    "grace_ms": 10_000,
    "penalty_ms": 60_000,
    "unheard_ms": 60_000,
}


def _rooms(rooms: tuple[RoomConfig, ...]) -> Iterator[Broken]:
    seen: set[str] = set()
    for number, room in enumerate(rooms, start=1):
        title = f"[[rooms]] {number}"
        if not _ROOM_ID.fullmatch(room.id):
            yield Broken(f"{title} id", repr(room.id), "a-z, 0-9 and -, at most 63, such as fire-north")
        if room.id in seen:
            yield Broken(f"{title} id", repr(room.id), "an id that no other room has")
        seen.add(room.id)
        if room.talk_limit_ms < 0 or (room.talk_limit_ms == 0 and room.mode is not RoomMode.CONFERENCE):
            yield Broken(
                f"{title} talk_limit_ms", str(room.talk_limit_ms), "at least 1 (0 in a conference only)"
            )
        if room.capacity < 1:
            yield Broken(f"{title} capacity", str(room.capacity), "at least 1")
        if not 1 <= room.talkers_max <= _TALKERS_MOST:
            yield Broken(f"{title} talkers_max", str(room.talkers_max), f"1 to {_TALKERS_MOST}")
        for key, most in _FLOOR_MOST.items():
            value = getattr(room, key)
            if not 0 <= value <= most:
                yield Broken(f"{title} {key}", str(value), f"0 to {most}")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
