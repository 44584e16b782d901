"""SIGTERM while a page talks, a phone is in a call and a radio is on the air: all are told, all is off."""

import asyncio
import json
from pathlib import Path

from playwright.async_api import Browser

from sim.browser.chromium import open_page
from sim.browser.responder import Responder
from sim.gateway import Gateway
from sim.peers.session import session
from tests.e2e.test_radio_in_room import CHANNEL, UNKEYED_WITHIN_MS, scene

STOP_WITHIN_S = 10.0
FRAMES = 100


async def stored(hub: Gateway) -> list[dict[str, object]]:
    """Every event in the store's file alone, in its order."""
    lines = (await hub.command("replay", str(hub.store / "log.sqlite"))).splitlines()
    records = [json.loads(line) for line in lines if line.startswith("{")]
    return [effect["event"] for record in records for effect in record["effects"] if effect["t"] == "Publish"]


async def test_a_gateway_told_to_stop_unkeys_hangs_up_tells_the_pages_and_closes_the_talkspurt(
    tmp_path: Path, browser: Browser
) -> None:
    clock = asyncio.get_running_loop().time
    async with scene(tmp_path) as stage, open_page(browser) as opened:
        token = await stage.hub.token()
        page = Responder(opened)
        await page.join(stage.hub.url, token, "ops", "Engine 7")
        await page.press()
        talking = asyncio.create_task(opened.say(0, FRAMES))
        await stage.site.keyed(CHANNEL)
        async with session(stage.hub.url, token, "Console") as console:
            await console.ask("join", room="ops")
            told_at = clock()
            stopping = asyncio.create_task(stage.hub.stop())
            off = await stage.site.unkeyed(CHANNEL)
            unkeyed_ms = (clock() - told_at) * 1000
            await asyncio.wait_for(stage.call.over.wait(), STOP_WITHIN_S)
            await page.slab_is("offline")
            assert await stopping == 0
            took_s = clock() - told_at
            await console.until(lambda: console.ended)
        talking.cancel()
        events = await stored(stage.hub)
    assert off.why == "asked", "not by its watchdog: the order came"
    assert unkeyed_ms <= UNKEYED_WITHIN_MS
    assert [edge.on for edge in stage.site.edges(CHANNEL)] == [True, False]
    assert console.bye is not None
    assert took_s <= STOP_WITHIN_S
    floors = [event for event in events if event["t"] in {"FloorTaken", "FloorIdle"}]
    assert [event["t"] for event in floors] == ["FloorTaken", "FloorIdle"]
    assert floors[0]["talkspurt"] == floors[1]["talkspurt"]
    assert floors[1]["why"] == "leg_lost"
