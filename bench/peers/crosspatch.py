"""The gateway under load, by its own WHIP and WHEP doors."""

import asyncio
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import aiohttp

from bench import namespace
from bench.generator import Generator
from bench.peers.ports import free_port
from sim.gateway import parse_metrics

STOP_WITHIN_S = 30.0
PROGRAM = (sys.executable, "-m", "gateway")
CONFIG = """
[http]
port = {port}
[web]
connections_per_address = 1000
[media]
shards = {shards}
listen = ["{address}"]
forwarding = {forwarding}
[store]
dir = "{store}"
[[rooms]]
id = "bench"
name = "Bench"
mode = "conference"
capacity = 1000
[[rooms]]
id = "other"
name = "Beside it"
mode = "conference"
"""


class Crosspatch:
    """``crosspatch run`` as a user would start it; only the limits are raised to fit the load."""

    def __init__(self, shards: int = 1, *, forwarding: bool = True, program: Sequence[str] = PROGRAM) -> None:
        """``program``: what ``run`` is given to, when not the product itself."""
        self._program = program
        self.name = "Crosspatch" if shards == 1 else f"Crosspatch ({shards} shards)"
        self._shards = shards
        self._forwarding = str(forwarding).lower()

    async def start(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="bench-crosspatch-")
        self._port = free_port()
        config = Path(self._folder.name) / "crosspatch.toml"
        config.write_text(
            CONFIG.format(
                port=self._port,
                shards=self._shards,
                forwarding=self._forwarding,
                address=namespace.address(),
                store=Path(self._folder.name) / "store",
            )
        )
        self._process = await asyncio.create_subprocess_exec(
            *self._program,
            "run",
            "--config",
            str(config),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        await self._ready()
        bearer = ["--room", "*", "--grants", "listen,talk", "--ttl", "1h"]
        token = await asyncio.create_subprocess_exec(
            *PROGRAM, "token", "--config", str(config), *bearer, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await asyncio.wait_for(token.communicate(), 30)
        self._http = aiohttp.ClientSession(
            base_url=f"http://127.0.0.1:{self._port}",
            headers={"Authorization": f"Bearer {out.decode().strip()}", "Content-Type": "application/sdp"},
        )

    async def _ready(self) -> None:
        stdout = self._process.stdout
        if stdout is None:
            raise RuntimeError("no stdout pipe")
        while line := await asyncio.wait_for(stdout.readline(), 30):
            if line.startswith(b"ready "):
                return
        raise RuntimeError("the gateway ended before it was ready")

    @property
    def pid(self) -> int:
        return self._process.pid

    async def publish(self, generator: Generator, session: int) -> None:
        await self.sign_in(generator, session, "whip")

    async def subscribe(self, generator: Generator, session: int) -> None:
        await self.sign_in(generator, session, "whep")

    async def sign_in(self, generator: Generator, session: int, door: str, room: str = "bench") -> str:
        """By ``whip`` or ``whep`` into a room; the session's address, by which it signs out."""
        role = "publish" if door == "whip" else "subscribe"
        offer = await generator.ask(op="offer", session=session, role=role)
        async with self._http.post(f"/{door}/{room}", data=offer["sdp"]) as reply:
            text = await reply.text()
            if reply.status != 201:
                raise RuntimeError(f"{door}: {reply.status} {text}")
            location = reply.headers["Location"]
        await generator.ask(op="answer", session=session, sdp=text)
        return location

    async def sign_out(self, location: str) -> None:
        async with self._http.delete(location) as reply:
            reply.raise_for_status()

    async def counts(self) -> dict[str, float]:
        """Every sample of /metrics."""
        async with self._http.get("/metrics") as reply:
            reply.raise_for_status()
            return parse_metrics(await reply.text())

    async def stop(self) -> None:
        await self._http.close()
        self._process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), STOP_WITHIN_S)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
            raise RuntimeError("the gateway did not end") from None
        finally:
            self._folder.cleanup()
