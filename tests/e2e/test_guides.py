"""Every block of a guide is typed as it stands there, on a machine with the guides' names and addresses."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from sim import own_network
from sim.browser.chromium import chromium, home_that_trusts, open_page
from sim.browser.responder import Responder
from sim.gateway import parse_metrics
from sim.peers.kamailio_peer import kamailio
from sim.phone import Phone
from sim.signal.encode import numbered, write_wav
from tests.e2e.desk import GATEWAY, GUIDES, Desk, Guide, blocks, desk, machine
from tests.e2e.inside import told_inside
from tests.e2e.test_responder_by_qr import photographed, read_by_a_camera

FOLLOWED = {
    "back-up-and-restore.md",
    "connect-a-pbx.md",
    "connect-a-phone.md",
    "connect-a-radio.md",
    "responder-by-qr.md",
    "run-on-a-lan.md",
    "when-something-is-wrong.md",
    "who-may-talk.md",
}
ELSEWHERE = {
    'authorities = "secrets/pbx-ca.crt"': "a PBX with TLS: tests/e2e/test_kamailio.py has one",
    "fail  certificate: for hub.example": "what the doctor prints on some machine",
    "listener 8883": "the broker of a site elsewhere: tests/e2e/test_radio_broker.py has one",
    "pattern write rb/1/%u/up/#": "its access list",
    "mqtts://broker.example.net:8883": "the site elsewhere",
    "--grants api,listen": "a token of an application: tests/e2e/test_attach_application.py has one",
    "http://127.0.0.1:8080/api/v1/rooms/ops": "what it asks with it: tests/contract/web/test_api.py",
    "--press LEG": "a program that streams: tests/e2e/test_floor_by_api.py has one",
    "echo whsec_": "a webhook's secret: tests/contract/webhook/test_webhooks.py has one",
    "[[webhook.targets]]": "its target: the same stories",
    "tcp_port = 40000": "for a network that drops UDP: tests/e2e/test_reach_firewall.py is in one",
    "tls-listening-port=443": "a TURN server on a machine of its own: the same stories",
    "turns:turn.example.net:443": "its clients: the same stories",
    'dir = "/var/lib/crosspatch"': "of a service, which root sets up: tests/e2e/test_service_manager.py",
}
"""Words of a block, and why nobody types it here."""
RUN = "crosspatch run --config crosspatch.toml"
ROOM_LINK = "https://gateway.example.lan:8443/r/ops#token="
FRAMES = 50
DEADLINE_S = 90.0
PATIENCE_S = 20.0


async def told_at_a_desk(request: pytest.FixtureRequest, folder: Path) -> bool:
    """As ``told_inside``; on a machine with the guides' names."""
    return await told_inside(request, DEADLINE_S, () if own_network.inside() else machine(folder))


def guide(name: str) -> Guide:
    assert name in FOLLOWED
    return Guide(name, ELSEWHERE)


@asynccontextmanager
async def on_a_lan(folder: Path) -> AsyncIterator[tuple[Desk, Guide]]:
    """A gateway that was set up by the guide, and the rest of the guide."""
    async with desk(folder) as ours:
        told = guide("run-on-a-lan.md")
        said = await ours.types(told.block())
        assert "Each phone must trust var/tls/crosspatch-ca.crt once" in said
        ours.writes("crosspatch.toml", told.block())
        assert "ok: crosspatch.toml, 2 rooms" in await ours.types(told.block())
        yield ours, told


async def counted(name: str, least: float) -> None:
    """Wait until a metric of the gateway that runs here has come so far."""
    async with aiohttp.ClientSession() as http, asyncio.timeout(PATIENCE_S):
        while True:
            async with http.get("http://127.0.0.1:8080/metrics") as response:
                if parse_metrics(await response.text()).get(f"crosspatch_{name}", -1) >= least:
                    return
            await asyncio.sleep(0.1)


async def test_by_the_guide_a_page_is_reached_over_tls_and_the_doctor_finds_no_fault(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if await told_at_a_desk(request, tmp_path):
        return
    async with on_a_lan(tmp_path) as (ours, told):
        token = (await ours.types(told.block())).strip()
        told.is_read()
        trusting = ssl.create_default_context(cafile=tmp_path / "var/tls/crosspatch-ca.crt")
        link = f"{ROOM_LINK}{token}"
        async with aiohttp.ClientSession() as http, http.get(link, ssl=trusting) as page:
            assert page.status == 200
            assert "<title>" in await page.text()
        trouble = guide("when-something-is-wrong.md")
        for command in (trouble.block(), trouble.block()):
            said = await ours.types(f"{command.strip()} || test $? -eq 1  # a warning may be this machine's")
            assert "port 8443/tcp: [http] port: 0.0.0.0 port 8443 is held by the running gateway" in said
            assert "certificate: for gateway.example.lan, 192.0.2.10" in said
        trouble.is_read()


async def test_by_the_guide_a_printed_code_puts_a_responder_into_a_room(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if await told_at_a_desk(request, tmp_path):
        return
    async with on_a_lan(tmp_path) as (ours, _):
        told = guide("responder-by-qr.md")
        drawn = (await ours.types(told.block())).splitlines()
        assert drawn[-1].startswith(ROOM_LINK)
        printed = (await ours.types(told.block())).strip()
        elsewhere = (await ours.types(told.block())).splitlines()[-1]
        assert elsewhere.startswith("https://radio.example.org/r/ops#token=")
        told.is_read()
        home = await home_that_trusts(tmp_path / "home", tmp_path / "var/tls/crosspatch-ca.crt")
        async with chromium(loopback=False, home=home) as browser:
            picture = await photographed(browser, tmp_path / "night-shift.svg", tmp_path / "sheet.png")
            link = await read_by_a_camera(picture)
            assert link == printed
            async with open_page(browser) as page:
                responder = Responder(page)
                await responder.open_link(link, "Engine 7")
                await responder.click_in()
                await responder.sees_members(1)


async def test_by_the_guide_a_phone_registers_and_calls_a_room(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if await told_at_a_desk(request, tmp_path):
        return
    async with desk(tmp_path) as ours:
        told = guide("connect-a-phone.md")
        ours.writes("crosspatch.toml", told.block() + told.block())
        await ours.types(told.block())
        told.is_read()
        await ours.types(RUN)
        password = (tmp_path / "secrets/101").read_text().strip()
        async with Phone.open((GATEWAY, 5060), "101", password) as phone:
            assert await phone.register() == 200
            call = await phone.call("8001")
            await counted("sip_calls_answered_total", 1)
            await call.hang_up()


async def test_by_the_guide_the_gateway_registers_at_a_pbx_that_calls_a_room(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if await told_at_a_desk(request, tmp_path):
        return
    password = "the password of the account"
    async with (
        kamailio(tmp_path / "pbx", port=5060, account="crosspatch", password=password) as pbx,
        desk(tmp_path) as ours,
    ):
        told = guide("connect-a-pbx.md")
        ours.writes("crosspatch.toml", told.block())
        await ours.types(told.block())
        told.is_read()
        await ours.saw("registered at a trunk")
        await pbx.saw("registered crosspatch")
        async with Phone.open(pbx.server, "201", password, domain="pbx.example.lan") as phone:
            assert await phone.register() == 200
            call = await phone.call("8001")
            await counted("sip_calls_answered_total", 1)
            await call.hang_up()


async def test_by_the_guide_a_bridge_is_online_and_its_radio_is_heard(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if await told_at_a_desk(request, tmp_path):
        return
    async with desk(tmp_path) as ours:
        told = guide("connect-a-radio.md")
        ours.writes("crosspatch.toml", told.block())
        await ours.types(RUN)
        ours.writes("site.toml", told.block())
        await ours.types(told.block())
        assert "ready hill" in ours.log
        await counted("radio_bridges_online", 1)
        write_wav(tmp_path / "speech.wav", numbered(0, FRAMES, rate_hz=8000), 8000)
        assert (await ours.types(told.block())).strip() == '{"ok":true}'
        told.is_read()
        await counted("radio_frames_total", FRAMES - 5)


async def test_by_the_guide_a_room_has_its_own_rules_of_talking(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if await told_at_a_desk(request, tmp_path):
        return
    async with desk(tmp_path) as ours:
        told = guide("who-may-talk.md")
        ours.writes("crosspatch.toml", told.block())
        said = (await ours.types(told.block())).splitlines()
        told.is_read()
        assert said[0].startswith("ok: crosspatch.toml, 1 room")
        assert len(said) == 2, "a line of the check, and the bearer"


async def test_by_the_guide_a_backup_brings_a_lost_gateway_back(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if await told_at_a_desk(request, tmp_path):
        return
    async with desk(tmp_path) as ours:
        ours.writes("crosspatch.toml", "")
        await ours.types(RUN)
        told = guide("back-up-and-restore.md")
        key = (tmp_path / "var/token.key").read_bytes()
        assert "files" in await ours.types(told.block())
        await ours.stops()
        (tmp_path / "var").rename(tmp_path / "lost")
        assert "files" in await ours.types(told.block())
        told.is_read()
        assert (tmp_path / "var/token.key").read_bytes() == key
        await ours.types(RUN)


def test_every_block_of_every_guide_is_typed_or_says_where_else_it_is_tried() -> None:
    names = {page.name for page in GUIDES.glob("*.md")}
    assert names >= FOLLOWED
    untyped = [
        (name, text)
        for name in sorted(names - FOLLOWED)
        for text in blocks(name)
        if not any(words in text for words in ELSEWHERE)
    ]
    assert untyped == []


def test_the_list_of_what_is_not_typed_names_blocks_that_there_are() -> None:
    there = [text for page in GUIDES.glob("*.md") for text in blocks(page.name)]
    assert [words for words in ELSEWHERE if sum(words in text for text in there) != 1] == []
