"""What strangers may throw at the SIP door, and that phones are served meanwhile. All of it on loopback."""

import asyncio
import socket
import ssl
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sim.gateway import Gateway, free_port, gateway
from sim.peers.certificate import make_certificate
from sim.phone import Phone
from sim.phone.flood import Flood
from tests.e2e.test_phone_calls_room import PASSWORD, sip_section

STRANGER = "127.0.0.2"
FLOOD_PER_S = 3_000
SILENT = 2_000
DESCRIPTORS = 200
PATIENCE_S = 40.0
SERVED_WITHIN_S = 2.0
MB = 1024 * 1024


def doors(port: int, folder: Path, **more: int) -> str:
    """UDP and TCP at ``port``, TLS at the next; ``more`` fields of ``[sip]``."""
    identity = folder / "identity.pem"
    identity.write_text(make_certificate().pem)
    fields = "".join(f"{name} = {value}\n" for name, value in more.items())
    tls = f'listen_tls = ["127.0.0.1:{port + 1}"]\ncert = "{identity}"\nkey = "{identity}"\n'
    return sip_section(port, "101", "102").replace("[sip]\n", f"[sip]\n{tls}{fields}", 1)


@asynccontextmanager
async def phone_by(kind: str, port: int, number: str = "101") -> AsyncIterator[Phone]:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    server = ("127.0.0.1", port + (kind == "tls"))
    async with Phone.open(server, number, PASSWORD, kind=kind, context=context) as phone:
        yield phone


async def served(phone: Phone) -> float:
    """Register, call, hang up; how long that took in seconds."""
    started = time.monotonic()
    assert await phone.register() == 200
    call = await phone.call("8002")
    assert await call.hang_up() == 200
    return time.monotonic() - started


async def until(hub: Gateway, name: str, value: float) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while (await hub.metrics())[name] != value:  # noqa: ASYNC110 - a page to poll
            await asyncio.sleep(0.2)


async def strangers(door: tuple[str, int], count: int) -> list[socket.socket]:
    """Connections from one address that say nothing."""
    loop, silent = asyncio.get_running_loop(), []
    for _ in range(count):
        one = stranger()
        async with asyncio.timeout(PATIENCE_S):
            await loop.sock_connect(one, door)
        silent.append(one)
    return silent


def stranger() -> socket.socket:
    one = socket.socket()
    one.settimeout(0)
    one.bind((STRANGER, 0))
    return one


def close(silent: list[socket.socket]) -> None:
    for one in silent:
        one.close()


async def test_a_flood_of_strangers_takes_no_memory_and_no_phone_notices(tmp_path: Path) -> None:
    port = free_port(socket.SOCK_DGRAM, 2)
    async with gateway(tmp_path, more=doors(port, tmp_path)) as hub:
        with Flood.open(("127.0.0.1", port), sources=200) as flood:
            async with phone_by("udp", port) as phone:
                await served(phone)
                await flood.run(FLOOD_PER_S, 2.0)  # fills what is bounded
                before = hub.memory_bytes()
                flooding = asyncio.create_task(flood.run(FLOOD_PER_S, 6.0))
                took = []
                while not flooding.done():
                    took.append(await served(phone))
                    await asyncio.sleep(0.5)  # what calls leave behind for 32 s is not what is judged
                await flooding
                grown = hub.memory_bytes() - before
                assert len(took) >= 3
                assert max(took) < SERVED_WITHIN_S
                assert grown < 4 * MB
        metrics = await hub.metrics()
        assert flood.sent == 8 * FLOOD_PER_S
        assert metrics["crosspatch_sip_edge_limited_total"] == 0  # all of it was looked at
        assert metrics["crosspatch_sip_edge_challenged_total"] >= flood.sent * 0.6
        assert set(flood.answers) <= {200, 401}
        assert metrics["crosspatch_sip_edge_transactions"] < 200  # the phone's own
        assert metrics["crosspatch_sip_edge_legs"] == 0


async def test_a_flood_from_one_address_is_cut_to_its_rate(tmp_path: Path) -> None:
    port = free_port(socket.SOCK_DGRAM, 2)
    async with gateway(tmp_path, more=doors(port, tmp_path)) as hub:
        with Flood.open(("127.0.0.1", port), sources=1) as flood:
            async with phone_by("udp", port) as phone:
                flooding = asyncio.create_task(flood.run(FLOOD_PER_S, 3.0))
                assert await served(phone) < SERVED_WITHIN_S
                await flooding
        metrics = await hub.metrics()
        # 200 a second in the long run and 400 at once.
        assert metrics["crosspatch_sip_edge_limited_total"] >= flood.sent - 3.5 * 200 - 400


async def test_silent_connections_hold_up_no_phone_and_give_their_descriptors_back(tmp_path: Path) -> None:
    port = free_port(socket.SOCK_DGRAM, 2)
    limits = doors(port, tmp_path, connections_per_address=2 * SILENT)
    async with gateway(tmp_path, more=limits) as hub, phone_by("tcp", port) as early:
        await served(early)
        files, memory = hub.open_files(), hub.memory_bytes()
        silent = await strangers(("127.0.0.1", port), SILENT)
        silent += await strangers(("127.0.0.1", port + 1), SILENT)
        try:
            assert hub.open_files() >= files + SILENT  # the first may have been closed by now
            assert hub.memory_bytes() < memory + 64 * MB
            assert await served(early) < SERVED_WITHIN_S
            for kind in ("tcp", "tls"):
                async with phone_by(kind, port, "102") as phone:
                    assert await served(phone) < SERVED_WITHIN_S
            await until(hub, "crosspatch_sip_edge_connections_mute_total", 2 * SILENT)
            await until(hub, "crosspatch_sip_edge_connections", 1)
        finally:
            close(silent)
        assert hub.open_files() <= files + 5


async def test_one_address_has_so_many_connections_and_no_more(tmp_path: Path) -> None:
    port = free_port(socket.SOCK_DGRAM, 2)
    async with gateway(tmp_path, more=doors(port, tmp_path)) as hub:
        silent = await strangers(("127.0.0.1", port), SILENT)
        try:
            await until(hub, "crosspatch_sip_edge_connections_refused_total", SILENT - 256)
            assert (await hub.metrics())["crosspatch_sip_edge_connections"] <= 256
            async with phone_by("tls", port) as phone:
                assert await served(phone) < SERVED_WITHIN_S
        finally:
            close(silent)


async def test_strangers_get_half_of_the_descriptors_and_phones_need_none_of_theirs(tmp_path: Path) -> None:
    port = free_port(socket.SOCK_DGRAM, 2)
    # What the process is started with, and what it may raise that to.
    program = ("prlimit", f"--nofile={DESCRIPTORS // 2}:{DESCRIPTORS}", sys.executable, "-m", "gateway")
    limits = doors(port, tmp_path, connections_per_address=SILENT)
    async with gateway(tmp_path, more=limits, program=program) as hub, phone_by("udp", port) as phone:
        await served(phone)
        files = hub.open_files()
        silent = await strangers(("127.0.0.1", port), 2 * DESCRIPTORS)
        try:
            await until(hub, "crosspatch_sip_edge_connections_refused_total", 1.5 * DESCRIPTORS)
            assert await served(phone) < SERVED_WITHIN_S
            busy, started = hub.cpu_s(), time.monotonic()
            await until(hub, "crosspatch_sip_edge_connections", 0)
            assert hub.cpu_s() - busy < 0.25 * (time.monotonic() - started)
            assert hub.open_files() <= files + 2
        finally:
            close(silent)
