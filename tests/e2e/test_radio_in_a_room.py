"""A radio in the room with pages and telephones: the real gateway and its broker, the real bridge process."""

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from sim.browser.chromium import open_page
from sim.browser.responder import Responder
from sim.gateway import CROSSPATCH, Gateway, free_port, gateway
from sim.phone import Phone
from sim.radio.hub import now_us
from sim.radio.site import Site, site
from sim.signal.decode import decode
from sim.signal.encode import numbered, read_wav, write_wav
from sim.signal.report import Heard
from tests.e2e.launcher import HELD
from tests.e2e.test_phone_calls_room import PASSWORD, sip_section

CHANNEL = "vhf1"
LAUNCHER = (sys.executable, "-m", "tests.e2e.launcher")
FRAMES = 100
LEAD_MS = 300
SYNCED, CONFIGURED = "the hub's clock is known", "configured"
RADIO = (
    f'[[radio.channels]]\nbridge = "hill"\nchannel = "{CHANNEL}"\nroom = "ops"\nname = "VHF 1"\ntx = true\n'
)


@asynccontextmanager
async def radio_room(
    folder: Path, sip_port: int = 0, program: Sequence[str] = CROSSPATCH, channel: str = ""
) -> AsyncIterator[tuple[Gateway, Site]]:
    """The gateway with one radio channel in the talkgroup ``ops``, its bridge connected and taken."""
    section = RADIO + channel + (sip_section(sip_port, "101") if sip_port else "")
    async with gateway(folder, more=section, program=program) as hub:
        url = hub.store / "radio" / "bridges" / "hill"
        async with site(folder / "site", "hill", [url], CHANNEL, codec="opus") as radio:
            await radio.logged(SYNCED)
            yield hub, radio


async def recorded(radio: Site) -> Heard:
    """The last transmission, as its recording holds it; that is closed just after the line was let go."""
    await radio.until(lambda: _recording(radio).frames > 0)
    return _recording(radio)


def _recording(radio: Site) -> Heard:
    folder = radio.folder / "air"
    last = max(folder.glob(f"{CHANNEL}-*.wav"), key=lambda path: int(re.findall(r"\d+", path.stem)[-1]))
    pcm, rate_hz = read_wav(last)
    return decode(pcm, rate_hz)


async def test_page_and_phone_hear_a_radio_from_its_first_index_to_its_last(
    tmp_path: Path, browser: Browser
) -> None:
    speech, port = tmp_path / "speech.wav", free_port(socket.SOCK_DGRAM, 1)
    write_wav(speech, numbered(0, FRAMES), 48_000)
    async with (
        radio_room(tmp_path, sip_port=port) as (hub, radio),
        open_page(browser) as page,
        Phone.open(("127.0.0.1", port), "101", PASSWORD) as phone,
    ):
        listener = Responder(page)
        await listener.join(hub.url, await hub.token(), "ops", "Medic 2")
        call = await phone.call("8001")
        await call.sound.say(25)  # the gateway learns where the phone is
        await listener.heard_here.forget()
        call.sound.recorder.forget()
        await radio.order("receive", CHANNEL, file=str(speech), alias="Unit 12", wait=True)
        await listener.heard_here.heard_out(loud_ms=FRAMES * 15)
        heard = [track.heard() for track in await listener.heard_here.played()]
        assert max(heard, key=lambda report: report.frames).whole(0, FRAMES - 1), heard
        by_phone = call.sound.recorder.take().heard()
        assert (by_phone.first, by_phone.lost_frames) == (0, 0), by_phone
        assert radio.edges(CHANNEL) == [], "what a radio says is not said back to it"


async def test_a_page_that_takes_the_floor_is_on_the_air_whole_and_off_it_soon(
    tmp_path: Path, browser: Browser
) -> None:
    """Off within 300 ms of the release, three overs in a row."""
    off_ms: list[float] = []
    async with radio_room(tmp_path) as (hub, radio), open_page(browser) as page:
        talker = Responder(page)
        await talker.join(hub.url, await hub.token(), "ops", "Engine 7")
        for times in (1, 2, 3):
            await talker.press()
            await talker.heard_here.say(times * 1000, FRAMES, lead_ms=LEAD_MS)
            await radio.keyed(CHANNEL, times=times)
            released_us = now_us()
            await talker.release()
            off = await radio.unkeyed(CHANNEL, times=times)
            off_ms.append((off.at_us - released_us) / 1000)
            heard = await recorded(radio)
            assert (heard.frames, heard.lost_frames) == (FRAMES, 0), heard
    sys.stdout.write(f"off the air {[round(ms) for ms in off_ms]} ms after the release\n")
    assert max(off_ms) <= 300


async def test_a_squelch_tail_after_our_own_transmission_takes_no_floor(
    tmp_path: Path, browser: Browser
) -> None:
    # Longer than an order to the site takes: how long a tail is, other stories say.
    terms = "tail_ms = 1500\n"
    async with radio_room(tmp_path, channel=terms) as (hub, radio), open_page(browser) as page:
        talker = Responder(page)
        await talker.join(hub.url, await hub.token(), "ops", "Engine 7")
        await talker.press()
        await talker.heard_here.say(0, 25, lead_ms=LEAD_MS)
        await talker.release()
        await radio.unkeyed(CHANNEL)
        await radio.order("carrier", CHANNEL, on=True)
        await asyncio.sleep(0.1)
        await radio.order("carrier", CHANNEL, on=False)
        await talker.press()  # the floor is free
        await talker.release()
        assert (await hub.metrics())["crosspatch_radio_streams_total"] == 0


async def test_after_a_restart_of_the_broker_everything_works_and_nothing_has_keyed_by_itself(
    tmp_path: Path, browser: Browser
) -> None:
    async with radio_room(tmp_path) as (hub, radio), open_page(browser) as page:
        talker = Responder(page)
        await talker.join(hub.url, await hub.token(), "ops", "Engine 7")
        await talker.press()
        await talker.heard_here.say(0, 50, lead_ms=LEAD_MS)
        await radio.keyed(CHANNEL)
        taken = sum(CONFIGURED in line for line in radio.log)
        killed_us = now_us()
        os.kill(_mosquitto_of(hub), signal.SIGKILL)
        off = await radio.unkeyed(CHANNEL)
        assert (off.at_us - killed_us) / 1000 < 100
        await talker.let_go()
        await radio.logged(CONFIGURED, times=taken + 1)
        assert sum(edge.on for edge in radio.edges(CHANNEL)) == 1
        await talker.slab_is("idle")
        # Who presses before the page says so is told that the radio is away, and is not put on air later.
        await expect(talker.radio_line).to_have_attribute("data-state", "ready", timeout=10_000)
        await talker.press()
        await talker.heard_here.say(1000, FRAMES, lead_ms=LEAD_MS)
        await talker.release()
        await radio.unkeyed(CHANNEL, times=2)
        heard = await recorded(radio)
        assert (heard.frames, heard.lost_frames) == (FRAMES, 0), heard


async def test_a_hub_whose_python_stands_still_is_off_the_air_after_3_s(
    tmp_path: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLD_S", "60")
    async with radio_room(tmp_path, program=LAUNCHER) as (hub, radio), open_page(browser) as page:
        talker = Responder(page)
        await talker.join(hub.url, await hub.token(), "ops", "Engine 7")
        await talker.press()
        talk = asyncio.create_task(talker.heard_here.say(0, 500, lead_ms=LEAD_MS))
        await radio.keyed(CHANNEL)
        held_us = now_us()
        os.kill(hub.pid, signal.SIGUSR1)
        off = await radio.unkeyed(CHANNEL)
        assert 2.0 < (off.at_us - held_us) / 1e6 < 3.5
        await hub.saw(HELD, within_s=90)
        assert sum(edge.on for edge in radio.edges(CHANNEL)) == 1, "nothing keys by itself"
        talk.cancel()


def _mosquitto_of(hub: Gateway) -> int:
    children = Path(f"/proc/{hub.pid}/task/{hub.pid}/children").read_text().split()
    (found,) = [int(child) for child in children if "mosquitto" in Path(f"/proc/{child}/cmdline").read_text()]
    return found
