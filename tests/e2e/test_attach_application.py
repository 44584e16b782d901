"""A program of somebody else's makes a room, a phone answers its call, and a browser joins by its link."""

import asyncio
import os
import re
import socket
import sys
from pathlib import Path

from playwright.async_api import Browser

from sim.browser.chromium import open_page
from sim.browser.panes import Panes
from sim.browser.responder import Responder
from sim.gateway import Gateway, free_port, gateway
from sim.peers.pjsua_peer import pjsua_phone
from tests.e2e.test_phone_calls_room import PASSWORD, sip_section

CLIENT = Path(__file__).parents[2] / "examples" / "python-client" / "crosspatch_client.py"
CLIENT_S = 30
TEXT = "Water 1.2 m at the east portal"


async def client(hub: Gateway, *words: str) -> str:
    """What the example prints."""
    token = await hub.token(grants="api,listen,talk,data,dispatch")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", str(CLIENT), hub.url, *words),
        env=os.environ | {"TOKEN": token},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(CLIENT_S):
        out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


async def test_an_application_brings_a_phone_and_a_browser_into_a_room_that_it_made(
    tmp_path: Path, browser: Browser
) -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    async with (
        gateway(tmp_path, more=sip_section(port, "101")) as hub,
        pjsua_phone(tmp_path / "pj", ("127.0.0.1", port), "101", PASSWORD) as (phone, status),
        open_page(browser) as instrumented,
    ):
        assert status == 200
        told = await client(hub, "--new-room", "Flood 7", "--phone", "101", "--message", TEXT)
        assert "room ops: Operations, talkgroup, 0 members" in told
        room = found(r"^in (\S+)$", told)
        await phone.do("ring")
        assert (await phone.do("answer"))["connected"]
        page, panes = Responder(instrumented), Panes(instrumented.page)
        await page.open_link(found(r"^join by (\S+)$", told), "Medic 2")
        await page.click_in()
        await page.sees_members(3)  # the phone, the page, the application
        await panes.open("messages")
        await panes.message_is(TEXT, own="false")
        assert f"room {room}: Flood 7, talkgroup, 3 members" in await client(hub, "--room", room)
        await phone.do("hang_up")
        await page.sees_members(2)


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text, re.MULTILINE)
    assert match is not None, text
    return match[1]
