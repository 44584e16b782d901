"""Two streams of two makes in a talkgroup: heard while the floor is theirs, which is asked for by API."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from sim.gateway import Gateway, gateway
from sim.peers.aiortc_peer import aiortc_listener, aiortc_talker
from sim.peers.exchange import Door
from sim.peers.gstreamer_peer import gstreamer_talker
from sim.signal.played import Recorder
from tests.e2e.test_attach_application import client
from tests.e2e.test_whip_whep import Talker, Talks

ROOM = "fire"
TALKGROUP = f'[[rooms]]\nid = "{ROOM}"\nmode = "talkgroup"\nqueue_wait_ms = 60_000\n'
FRAMES = 80
LONG = 150
PATIENCE_S = 20.0


@dataclass
class Stream:
    """A program that streams by WHIP and presses by the API."""

    hub: Gateway
    http: aiohttp.ClientSession
    token: str
    microphone: Talks
    leg: str

    async def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"{self.hub.url}/api/v1/rooms/{ROOM}{path}"
        async with self.http.request(method, url, json=body, headers=headers) as response:
            return response.status, await response.json() if response.content_length else {}

    async def press(self, *, wait: bool = False) -> tuple[int, Any]:
        return await self.ask("PUT", f"/floor/{self.leg}", {"wait": wait})

    async def let_go(self) -> None:
        assert (await self.ask("DELETE", f"/floor/{self.leg}"))[0] == 204

    async def floor_is(self, state: str, holder: str | None) -> None:
        """Ask until it is so."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                _, floor = await self.ask("GET", "/floor")
                if (floor["state"], (floor["holder"] or {}).get("leg")) == (state, holder):
                    return
                await asyncio.sleep(0.05)


@asynccontextmanager
async def stream(hub: Gateway, talker: Talker, subject: str) -> AsyncIterator[Stream]:
    token = await hub.token(grants="api,listen,talk", subject=subject)
    async with talker(Door(f"{hub.url}/whip/{ROOM}", token)) as microphone, aiohttp.ClientSession() as http:
        one = Stream(hub, http, token, microphone, "")
        _, room = await one.ask("GET", "")
        (one.leg,) = [member["leg"] for member in room["members"] if member["name"] == subject]
        yield one


async def is_heard(one: Stream, ear: Recorder, first: int) -> None:
    """Whole and in order, from the first word."""
    ear.forget()
    await one.microphone.say(first, FRAMES)
    await ear.heard_out(loud_ms=FRAMES * 15, quiet_ms=300)
    heard = ear.take().heard(near=first)
    assert heard.whole(first, first + FRAMES - 1), heard


async def is_not_heard(one: Stream, ear: Recorder) -> None:
    ear.forget()
    await one.microphone.say(0, FRAMES)
    assert ear.take().heard().frames == 0


async def test_a_stream_is_heard_from_its_grant_to_its_release_and_waits_for_another(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        hub = await stack.enter_async_context(gateway(tmp_path, more=TALKGROUP))
        ear = await stack.enter_async_context(
            aiortc_listener(Door(f"{hub.url}/whep/{ROOM}", await hub.token()))
        )
        siren = await stack.enter_async_context(stream(hub, aiortc_talker, "siren"))
        await is_not_heard(siren, ear)
        status, told = await siren.press()
        assert (status, told["state"]) == (200, "granted")
        await is_heard(siren, ear, 1000)
        async with stream(hub, gstreamer_talker, "bell") as bell:
            status, problem = await bell.press()
            assert (status, problem["code"]) == (409, "floor_busy")
            await is_not_heard(bell, ear)
            status, told = await bell.press(wait=True)
            assert (status, told["state"], told["place"]) == (200, "queued", 1)
            await is_cut_by_its_release(siren, ear, 2000)
            await bell.floor_is("taken", bell.leg)
            await is_heard(bell, ear, 3000)
        await siren.floor_is("idle", None)
        await is_not_heard(siren, ear)


async def is_cut_by_its_release(one: Stream, ear: Recorder, first: int) -> None:
    """It goes on talking, and nobody hears it."""
    ear.forget()
    talking = asyncio.create_task(one.microphone.say(first, LONG))
    await ear.heard_out(loud_ms=300, quiet_ms=0)
    await one.let_go()
    await talking
    heard = ear.take().heard(near=first)
    assert (heard.first, heard.gaps, heard.order_errors) == (first, (), ()), heard
    assert heard.last is not None
    assert heard.last < first + LONG - 1, heard


async def test_the_example_presses_and_lets_go(tmp_path: Path) -> None:
    async with gateway(tmp_path, more=TALKGROUP) as hub, stream(hub, aiortc_talker, "bearer") as one:
        assert "floor: granted" in await client(hub, "--room", ROOM, "--press", one.leg)
        await one.floor_is("taken", one.leg)
        assert "floor: idle" in await client(hub, "--room", ROOM, "--let-go", one.leg)
