"""One round of calls: a gateway, SIPp's calls into a room, what they cost and what they left behind."""

import asyncio
import hashlib
import socket
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.process import MAIN, usage
from bench.sipp import Load, Outcome, call
from bench.tls_relay import tls_relay
from sim.gateway import Gateway, free_port, gateway
from sim.leaks import Leaked, holds, released
from sim.peers.certificate import make_certificate

HOST = "127.0.0.1"
ROOM, USER, PASSWORD = "8001", "101", "a password for the load"
WARM_UP = 50
"""Calls before anything is read: the first ones load code and fill pools."""
_SETTLED_AFTER_S = 0.5
"""From the end of the last call until the gateway has dealt with it; its timers are waited for afterwards."""
_CONFIG = """
[sip]
listen_udp = ["{host}:{port}"]
listen_tcp = ["{host}:{port}"]
listen_tls = ["{host}:{tls_port}"]
cert = "{identity}"
key = "{identity}"
algorithms = ["MD5"]
requests_per_s = 10000
connections_per_address = 4096
[[sip.users]]
number = "{user}"
name = "Load"
ha1_md5 = "{ha1}"
[[sip.rooms]]
number = "{room}"
room = "calls"
[[rooms]]
id = "calls"
mode = "conference"
capacity = 1000
"""


@dataclass(frozen=True, slots=True)
class CallRound:
    """Figures of one round; CPU in ms a call, from before the first call to just after the last."""

    transport: str
    per_s: float
    calls: int
    failed: int
    left: str
    """What the gateway still held afterwards, empty for nothing."""
    at_once: int
    """Calls there were when the memory was read."""
    retransmitted: int
    setup_ms: float
    cpu_ms: float
    sip_ms: float
    """The SIP thread: signalling alone."""
    python_ms: float
    """The event loop: rooms, record log, decisions."""
    media_ms: float
    """The shards: ports opened and closed, joining and leaving the mix."""
    memory_kib: float
    """Growth of the resident set to the moment of ``at_once``, over these calls."""
    why: str
    """Why calls failed, in SIPp's words."""


def load_of(transport: str, per_s: float, calls: int, at_once: int) -> Load:
    """``calls`` at ``per_s``, each held so long that ``at_once`` of them are up together."""
    return Load(ROOM, USER, PASSWORD, calls, per_s, round(at_once / per_s * 1000), transport)


async def play(load: Load) -> CallRound:
    """Run one round against a freshly started gateway. Raises SippFailed, GatewayFailed, TimeoutError."""
    with tempfile.TemporaryDirectory(prefix="bench-calls-") as folder:
        async with _telephone_exchange(Path(folder), load.transport) as (hub, server):
            await hub.saw("the store takes records")  # which is counted too, and comes after the doors
            before = await holds(hub)
            await call(server, replace(load, calls=WARM_UP, per_s=100, hold_ms=100))
            start = usage(hub.pid)
            calling = asyncio.create_task(call(server, load))
            await asyncio.sleep(_full_after_s(load))
            at_once = (await hub.metrics())["crosspatch_sip_calls"]
            full = usage(hub.pid)
            outcome = await calling
            await asyncio.sleep(_SETTLED_AFTER_S)
            spent = usage(hub.pid).since(start)
            left = ""
            try:
                await released(hub, before)
            except Leaked as leaked:
                left = str(leaked)
        memory = (full.rss_bytes - start.rss_bytes) / 1024 / max(1.0, at_once)
        return _figures(load, outcome, left, int(at_once), spent, memory)


@asynccontextmanager
async def _telephone_exchange(folder: Path, transport: str) -> AsyncIterator[tuple[Gateway, tuple[str, int]]]:
    """A gateway as a user would start it, only its limits raised to the load, and where to call it."""
    identity = folder / "identity.pem"
    identity.write_text(make_certificate().pem)
    port, tls_port = free_port(socket.SOCK_DGRAM, 1), free_port(socket.SOCK_STREAM, 1)
    ha1 = hashlib.md5(f"{USER}:crosspatch:{PASSWORD}".encode(), usedforsecurity=False).hexdigest()
    more = _CONFIG.format(
        host=HOST, port=port, tls_port=tls_port, identity=identity, user=USER, ha1=ha1, room=ROOM
    )
    async with gateway(folder, more=more) as hub:
        if transport != "tls":
            yield hub, (HOST, port)
            return
        async with tls_relay((HOST, tls_port)) as server:
            yield hub, server


def _full_after_s(load: Load) -> float:
    """When the calls that are up together are as many as they get, and some time before they get fewer."""
    fill_s, last_begins_s = load.hold_ms / 1000, load.calls / load.per_s
    return min(fill_s, last_begins_s) if fill_s > last_begins_s else (fill_s + last_begins_s) / 2


def _figures(
    load: Load, outcome: Outcome, left: str, at_once: int, spent: Mapping[str, int], memory_kib: float
) -> CallRound:
    def ms(*names: str) -> float:
        return sum(ns for name, ns in spent.items() if name.startswith(names)) / 1e6 / load.calls

    return CallRound(
        transport=load.transport,
        per_s=load.per_s,
        calls=load.calls,
        failed=load.calls - outcome.succeeded,
        left=left,
        at_once=at_once,
        retransmitted=outcome.retransmitted,
        setup_ms=outcome.setup_ms,
        cpu_ms=ms(""),
        sip_ms=ms("sip"),
        python_ms=ms(MAIN),
        media_ms=ms("media-shard"),
        memory_kib=memory_kib,
        why=outcome.unexpected,
    )
