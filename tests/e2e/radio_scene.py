"""What the radio stories stand on: Mosquitto, the real bridge process, and a fake hub between them."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from adapters.radio.broker import EmbeddedBroker
from sim.radio.hub import FRAME_US, Broker, FakeHub, Terms, fake_hub
from sim.radio.judge import OnAir, on_air, stamped
from sim.radio.relay import Relay, relay
from sim.radio.site import Site, site

ROOT = Path(__file__).resolve().parents[2]
CHANNEL = "vhf1"
LATE_MS = 250
STALE_MS = LATE_MS + 100
"""Older on the air than this: the fence's limit, the playout delay (60 ms) and one frame."""
DEADLINE_S = 20.0


@dataclass(slots=True)
class Scene:
    """One bridge, ``hill``, with the channel ``vhf1``."""

    broker: EmbeddedBroker
    way: Relay
    """From the bridge to the broker."""
    site: Site
    sent_us: dict[bytes, int] = field(default_factory=dict)

    def login(self, name: str = "hub") -> Broker:
        login = self.broker.logins[name]
        return Broker(self.broker.host, self.broker.port, login.username, login.password)

    @asynccontextmanager
    async def hub(self, *, epoch: int = 1, terms: Terms | None = None) -> AsyncIterator[FakeHub]:
        async with fake_hub(self.login(), self.site.bridge, CHANNEL, epoch=epoch, terms=terms) as hub:
            hub.sent_us = self.sent_us
            yield hub

    @property
    def broker_pid(self) -> int:
        pid = self.broker.pid
        assert pid is not None
        return pid

    def kill_broker(self) -> None:
        os.kill(self.broker_pid, signal.SIGKILL)

    async def broker_back(self) -> None:
        """It takes connections (again)."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                try:
                    _, writer = await asyncio.open_connection(self.broker.host, self.broker.port)
                except OSError:
                    await asyncio.sleep(0.02)
                else:
                    writer.close()
                    return

    async def airing(self, frames: int = 5) -> None:
        """So many frames have gone out."""
        await self.site.until(lambda: len(self.site.aired(CHANNEL)) >= frames)

    def judged(self) -> OnAir:
        return on_air(self.site.aired(CHANNEL), self.site.edges(CHANNEL), self.sent_us)

    def never_stale(self, story: str) -> OnAir:
        """Nothing old went out, nothing past an open PTT line; prints the oldest age."""
        heard = self.judged()
        sys.stdout.write(
            f"{story}: {len(heard.indexes)} frames aired, the oldest {heard.oldest_ms:.0f} ms old\n"
        )
        assert heard.stale(STALE_MS) == 0, heard
        assert heard.unkeyed == 0, heard
        return heard


@asynccontextmanager
async def scene(folder: Path, more: str = "") -> AsyncIterator[Scene]:
    """``more``: lines of the channel's table."""
    async with EmbeddedBroker(folder / "broker", ("hill",)) as broker:
        keeping = asyncio.create_task(broker.keep())
        try:
            async with relay(broker.host, broker.port) as way:
                url = f"mqtt://hill:{broker.logins['hill'].password}@127.0.0.1:{way.port}"
                async with site(folder / "site", "hill", [url], CHANNEL, more=more) as running:
                    yield Scene(broker, way, running)
        finally:
            keeping.cancel()


class TalkingHub:
    """The fake hub as a process, in the middle of ``stamped(0, frames)``."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def says(self, word: str) -> list[str]:
        async with asyncio.timeout(DEADLINE_S):
            while self.process.stdout is not None:
                words = (await self.process.stdout.readline()).decode().split()
                assert words, "the hub ended"
                if words[0] == word:
                    return words
        raise AssertionError


@asynccontextmanager
async def talking_hub(stage: Scene, frames: int, epoch: int = 1) -> AsyncIterator[TalkingHub]:
    """Yields when the first frame goes out; the process is killed at the end."""
    login = stage.login()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sim.radio.hub_program", login.host, str(login.port), login.username),
        *(stage.site.bridge, CHANNEL, str(frames), str(epoch)),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdin is not None
        process.stdin.write(f"{login.password}\n".encode())
        hub = TalkingHub(process)
        began_us = int((await hub.says("began"))[1])
        stage.sent_us |= {
            frame: began_us + number * FRAME_US for number, frame in enumerate(stamped(0, frames))
        }
        yield hub
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
