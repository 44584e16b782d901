"""Story 2: WHIP publishers and WHEP listeners of two other makes, each with each."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

import pytest

from sim.gateway import Gateway, gateway
from sim.leaks import holds, released
from sim.peers.aiortc_peer import aiortc_listener, aiortc_talker
from sim.peers.exchange import Door, ExchangeRefused
from sim.peers.gstreamer_peer import gstreamer_listener, gstreamer_talker
from sim.signal.played import Played, Recorder

ROOM = "command"
"""A conference: a WHIP publisher is heard there without asking for the floor."""
FRAMES = 150


class Talks(Protocol):
    async def say(self, first: int, count: int) -> float: ...


Talker = Callable[[Door], AbstractAsyncContextManager[Talks]]
Listener = Callable[[Door], AbstractAsyncContextManager[Recorder]]

TALKERS: dict[str, Talker] = {"aiortc": aiortc_talker, "gstreamer": gstreamer_talker}
LISTENERS: dict[str, Listener] = {"aiortc": aiortc_listener, "gstreamer": gstreamer_listener}


async def speak(hub: Gateway, talker: Talker, listener: Listener, first: int) -> Played:
    """One talker, one listener, ``FRAMES`` frames from ``first``."""
    token = await hub.token(room=ROOM)
    whip, whep = Door(f"{hub.url}/whip/{ROOM}", token), Door(f"{hub.url}/whep/{ROOM}", token)
    async with listener(whep) as recorder, talker(whip) as microphone:
        await recorder.flowing()
        await microphone.say(first, FRAMES)
        await recorder.heard_out(loud_ms=FRAMES * 15, quiet_ms=300)
        return recorder.take()


@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize("listener", LISTENERS)
@pytest.mark.parametrize("talker", TALKERS)
async def test_a_whip_publisher_is_heard_by_a_whep_listener(
    tmp_path: Path, talker: str, listener: str, shards: int
) -> None:
    async with gateway(tmp_path, shards=shards) as hub:
        before = await holds(hub)
        for first in (0, 1000):
            played = await speak(hub, TALKERS[talker], LISTENERS[listener], first)
            heard = played.heard(near=first)
            assert heard.whole(first, first + FRAMES - 1), heard
            assert heard.duplicates == ()
            await released(hub, before)


async def test_with_forwarding_off_a_listener_hears_nothing(tmp_path: Path) -> None:
    async with gateway(tmp_path, forwarding=False) as hub:
        token = await hub.token(room=ROOM)
        whip, whep = Door(f"{hub.url}/whip/{ROOM}", token), Door(f"{hub.url}/whep/{ROOM}", token)
        async with aiortc_listener(whep) as recorder, aiortc_talker(whip) as microphone:
            await microphone.say(0, FRAMES)
            assert recorder.take().heard().frames == 0


async def test_a_token_for_another_room_is_refused(tmp_path: Path) -> None:
    async with gateway(tmp_path) as hub:
        door = Door(f"{hub.url}/whip/{ROOM}", await hub.token(room="ops"))
        with pytest.raises(ExchangeRefused) as refused:
            async with aiortc_talker(door):
                pass
        assert refused.value.status == 403
