"""Phones on the extension: plain RTP at one end, an independent browser peer (aiortc) at the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from av import AudioFrame

from sim.peers.aiortc_peer import Microphone
from sim.signal.decode import decode
from sim.signal.encode import numbered
from sim.signal.played import Recorder
from tests.native.rtp_phone import DTMF, RATE_HZ, RtpPhone, rtp_phone
from tests.native.test_plane import PATIENCE_S, Hub, hub, plane

ROOM = 7
FRAMES = 100


@asynccontextmanager
async def phone(at: Hub, session: int, *, hears: bool = True, speaks: bool = True) -> AsyncIterator[RtpPhone]:
    """A phone that is in the room."""
    at.plane.open_phone(session + 100, session, "127.0.0.1")
    opened = await at.until("opened", session)
    assert opened[0] == "opened"
    async with rtp_phone(opened[3]) as made:
        set_phone(at, session, made.address, hears=hears, speaks=speaks)
        await at.until("up", session)
        at.plane.join(ROOM, session, hear=True)
        yield made


def set_phone(at: Hub, session: int, to: tuple[str, int], *, hears: bool = True, speaks: bool = True) -> None:
    at.plane.set_phone(session, *to, "PCMU", 0, DTMF, hears, speaks)


async def browser(at: Hub, session: int, microphone: Microphone | None) -> RTCPeerConnection:
    """An aiortc peer in the room: a microphone, or one line to hear on."""
    peer = RTCPeerConnection()
    if microphone is None:
        peer.addTransceiver("audio", direction="recvonly")
    else:
        peer.addTransceiver(microphone, direction="sendonly")
    await peer.setLocalDescription(await peer.createOffer())
    slots, publishes = (1, False) if microphone is None else (0, True)
    at.plane.accept(session + 100, session, peer.localDescription.sdp, slots, publishes)
    answered = await at.until("answered", session)
    assert answered[0] == "answered"
    await peer.setRemoteDescription(RTCSessionDescription(answered[3], "answer"))
    await at.until("up", session)
    at.plane.join(ROOM, session, hear=True)
    return peer


async def record(track: MediaStreamTrack, recorder: Recorder, *, silent: int) -> None:
    """Play until ``silent`` blocks in a row are silent after sound."""
    heard, quiet = False, 0
    while quiet < silent:
        frame = await track.recv()
        assert isinstance(frame, AudioFrame)
        pcm = frame.to_ndarray().reshape(-1, frame.layout.nb_channels)[:, 0].astype(np.int16)
        assert frame.pts is not None
        recorder.put(frame.pts, pcm)
        loud = bool(np.abs(pcm).max() > 500)
        heard, quiet = heard or loud, quiet + 1 if heard and not loud else 0


@pytest.mark.parametrize("shards", [1, 3])
async def test_a_phone_hears_every_frame_of_a_browser(shards: int) -> None:
    microphone = Microphone()
    with plane(shards=shards) as driven:
        async with hub(driven) as at, phone(at, 1) as heard:
            talker = await browser(at, 2, microphone)
            driven.open_gate(ROOM, 2, 5, 0)
            await microphone.say(0, FRAMES)
            judged = decode(heard.played(), RATE_HZ)
            assert judged.whole(0, FRAMES - 1), judged
            assert len({packet.ssrc for packet in heard.heard}) == 1
            await talker.close()


@pytest.mark.parametrize("shards", [1, 3])
async def test_a_browser_hears_every_frame_of_a_phone(shards: int) -> None:
    recorder = Recorder(48_000)
    with plane(shards=shards) as driven:
        async with hub(driven) as at, phone(at, 1) as talker:
            listener = await browser(at, 2, None)
            driven.open_gate(ROOM, 1, 5, 0)
            speech = np.concatenate([numbered(0, FRAMES, rate_hz=RATE_HZ), np.zeros(RATE_HZ, dtype=np.int16)])
            async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as tasks:
                tasks.create_task(talker.say(speech))
                tasks.create_task(record(listener.getReceivers()[0].track, recorder, silent=15))
            judged = recorder.take().heard()
            assert judged.whole(0, FRAMES - 1), judged
            await listener.close()


async def test_without_forwarding_a_phone_hears_nothing() -> None:
    microphone = Microphone()
    with plane(forwarding=False) as driven:
        async with hub(driven) as at, phone(at, 1) as deaf:
            talker = await browser(at, 2, microphone)
            driven.open_gate(ROOM, 2, 5, 0)
            await microphone.say(0, FRAMES)
            assert deaf.heard == []
            await talker.close()


async def test_a_key_is_told_once_and_liveness_with_it() -> None:
    with plane() as driven:
        async with hub(driven) as at, phone(at, 1) as pressed:
            await pressed.press(10)
            assert await at.until("digit", 1) == ("digit", 1, "*")
            await pressed.press(11)
            driven.close(1)
            assert await at.until("down", 1) == ("down", 1, "closed")
            told = [event for event in at.events if event[0] in {"digit", "heard"}]
            assert sorted(told) == [("digit", 1, "#"), ("digit", 1, "*"), ("heard", 1)]
