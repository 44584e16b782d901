"""The browser's instruments are judged on two pages joined directly, without any gateway."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest
from playwright.async_api import Browser, Route

from sim.browser.chromium import open_page
from sim.browser.page import InstrumentedPage
from sim.signal.frame_number import FrameNumber, read

FRAMES = 200

_GATHERED = """
  await new Promise((resolve) => {
    const check = () => { if (pc.iceGatheringState === 'complete') resolve(); };
    pc.addEventListener('icegatheringstatechange', check);
    check();
  });
  return pc.localDescription.sdp;
"""
_OFFER = f"""async () => {{
  const pc = window.pc = new RTCPeerConnection();
  const stream = await navigator.mediaDevices.getUserMedia({{ audio: true }});
  pc.addTrack(stream.getAudioTracks()[0], stream);
  await pc.setLocalDescription(await pc.createOffer());
  {_GATHERED}
}}"""
_ANSWER = f"""async ([sdp, muted]) => {{
  const pc = window.pc = new RTCPeerConnection();
  pc.ontrack = ({{ streams }}) => {{
    const outlet = Object.assign(document.createElement('audio'), {{ autoplay: true, muted }});
    outlet.srcObject = streams[0];
    document.body.append(outlet);
  }};
  await pc.setRemoteDescription({{ type: 'offer', sdp }});
  await pc.setLocalDescription(await pc.createAnswer());
  {_GATHERED}
}}"""


_PICTURE = """async () => {
  const video = Object.assign(document.createElement('video'), { muted: true });
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360 } });
  await video.play();
  const canvas = new OffscreenCanvas(640, 360);
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0);
  let red = '';
  const { data } = context.getImageData(0, 0, 640, 360);
  for (let at = 0; at < data.length; at += 4) red += String.fromCharCode(data[at]);
  return [btoa(red), instruments.camera.read(video)];
}"""


async def blank(page: InstrumentedPage) -> None:
    """Go to an empty page that may use a microphone (localhost is a secure context)."""

    async def empty(route: Route) -> None:
        await route.fulfill(status=200, content_type="text/html", body="<!doctype html><title>blank</title>")

    await page.page.route("**/*", empty)
    await page.page.goto("http://localhost:9/")


@asynccontextmanager
async def joined(
    browser: Browser, *, muted: bool
) -> AsyncIterator[tuple[InstrumentedPage, InstrumentedPage]]:
    """A talker's and a listener's page with one audio track between them."""
    async with open_page(browser) as talker, open_page(browser) as listener:
        for end in (talker, listener):
            await blank(end)
        offer = await talker.page.evaluate(_OFFER)
        answer = await listener.page.evaluate(_ANSWER, [offer, muted])
        await talker.page.evaluate("(sdp) => pc.setRemoteDescription({ type: 'answer', sdp })", answer)
        await talker.page.wait_for_function("pc.connectionState === 'connected'")
        yield talker, listener


async def test_what_one_page_says_another_hears_from_first_to_last_index(browser: Browser) -> None:
    async with joined(browser, muted=False) as (talker, listener):
        for first in (0, 1000):
            await listener.forget()
            started_at_ms = await talker.say(first, FRAMES)
            await listener.heard_out(loud_ms=FRAMES * 10)
            (track,) = await listener.played()
            heard = track.heard(started_at_ms=started_at_ms)
            assert heard.whole(first, first + FRAMES - 1)
            assert heard.delay is not None
            assert heard.delay.median_ms < 1000
        assert (await listener.inbound_audio()).packets_lost == 0


async def test_a_page_that_mutes_its_player_hears_nothing(browser: Browser) -> None:
    async with joined(browser, muted=True) as (talker, listener):
        await talker.say(0, FRAMES)
        await listener.listened(FRAMES * 20)
        (track,) = await listener.played()
        assert track.heard().frames == 0


async def test_a_talker_whose_track_is_disabled_is_not_heard(browser: Browser) -> None:
    async with joined(browser, muted=False) as (talker, listener):
        await talker.page.evaluate("pc.getSenders()[0].track.enabled = false")
        await talker.say(0, FRAMES)
        await listener.listened(FRAMES * 20)
        (track,) = await listener.played()
        assert track.heard().frames == 0


@pytest.mark.parametrize("source", [0, 200])
async def test_a_pages_camera_burns_in_a_number_that_python_and_the_page_read(
    browser: Browser, source: int
) -> None:
    async with open_page(browser) as page:
        await blank(page)
        await page.page.evaluate("(source) => { instruments.camera.source = source; }", source)
        red, by_page = await page.page.evaluate(_PICTURE)
        number = read(np.frombuffer(base64.b64decode(red), dtype=np.uint8).reshape(360, 640))
        assert number is not None
        assert number == FrameNumber(number.number, source)
        assert by_page["source"] == source
        assert 0 <= by_page["number"] - number.number <= 1
