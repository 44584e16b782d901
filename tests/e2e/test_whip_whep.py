"""Story 2: WHIP publishers and WHEP listeners of two other makes, each with each."""

import asyncio
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
from sim.signal.played import Recorder
from sim.signal.report import Heard

FRAMES = 100


class Talks(Protocol):
    async def say(self, first: int, count: int) -> float: ...


Talker = Callable[[Door], AbstractAsyncContextManager[Talks]]
Listener = Callable[[Door], AbstractAsyncContextManager[Recorder]]

PAIRS: dict[str, tuple[Talker, Listener]] = {
    "aiortc-to-aiortc": (aiortc_talker, aiortc_listener),
    "aiortc-to-gstreamer": (aiortc_talker, gstreamer_listener),
    "gstreamer-to-aiortc": (gstreamer_talker, aiortc_listener),
    "gstreamer-to-gstreamer": (gstreamer_talker, gstreamer_listener),
}
# Conferences: there a WHIP publisher is heard without asking for the floor.
ROOMS = "".join(f'[[rooms]]\nid = "{room}"\nmode = "conference"\n' for room in PAIRS)


def doors(hub: Gateway, room: str, token: str) -> tuple[Door, Door]:
    """WHIP and WHEP."""
    return Door(f"{hub.url}/whip/{room}", token), Door(f"{hub.url}/whep/{room}", token)


async def heard_in(hub: Gateway, room: str, token: str, first: int) -> Heard:
    """What the room's listener heard of its talker's ``FRAMES`` frames from ``first``."""
    talker, listener = PAIRS[room]
    whip, whep = doors(hub, room, token)
    async with listener(whep) as recorder, talker(whip) as microphone:
        await recorder.flowing()
        await microphone.say(first, FRAMES)
        await recorder.heard_out(loud_ms=FRAMES * 15, quiet_ms=300)
        return recorder.take().heard(near=first)


@pytest.mark.parametrize("shards", [1, 3])
async def test_every_make_of_publisher_is_heard_by_every_make_of_listener(
    tmp_path: Path, shards: int
) -> None:
    async with gateway(tmp_path, shards=shards, more=ROOMS) as hub:
        token = await hub.token()
        before = await holds(hub)
        for first in (0, 1000):
            heard = await asyncio.gather(*(heard_in(hub, room, token, first) for room in PAIRS))
            for room, report in zip(PAIRS, heard, strict=True):
                assert report.whole(first, first + FRAMES - 1), (room, report)
                assert report.duplicates == (), (room, report)
        await released(hub, before)


async def test_with_forwarding_off_no_listener_hears_anything(tmp_path: Path) -> None:
    async with gateway(tmp_path, forwarding=False) as hub:
        whip, whep = doors(hub, "command", await hub.token())
        async with aiortc_listener(whep) as recorder, aiortc_talker(whip) as microphone:
            await microphone.say(0, FRAMES)
            assert recorder.take().heard().frames == 0


async def test_a_token_for_another_room_is_refused(tmp_path: Path) -> None:
    async with gateway(tmp_path) as hub:
        whip, _ = doors(hub, "command", await hub.token(room="ops"))
        with pytest.raises(ExchangeRefused) as refused:
            async with aiortc_talker(whip):
                pass
        assert refused.value.status == 403
