"""Pictures from WHIP to WHEP, through one shard and through three, judged by the numbers burnt into them."""

import asyncio
from pathlib import Path

import pytest

from sim.gateway import Gateway, gateway
from sim.leaks import holds, released
from sim.peers.aiortc_video import aiortc_camera, aiortc_viewer
from sim.peers.exchange import Door
from sim.signal.frame_number import FrameNumber

PICTURES = 30
ROOMS = "".join(f'[[rooms]]\nid = "{room}"\nmode = "conference"\n' for room in ("east", "west"))
SOURCES = {"east": 3, "west": 4}


def doors(hub: Gateway, room: str, token: str) -> tuple[Door, Door]:
    """WHIP and WHEP."""
    return Door(f"{hub.url}/whip/{room}", token), Door(f"{hub.url}/whep/{room}", token)


async def seen_in(hub: Gateway, room: str, token: str, codec: str) -> list[FrameNumber | None]:
    whip, whep = doors(hub, room, token)
    async with aiortc_viewer(whep) as seen, aiortc_camera(whip, SOURCES[room], codec):
        return await seen.reach(PICTURES)


@pytest.mark.parametrize(("shards", "codec"), [(1, "VP8"), (3, "VP8"), (1, "H264")])
async def test_what_a_publisher_shows_is_seen_in_its_room_in_order_and_once(
    tmp_path: Path, shards: int, codec: str
) -> None:
    async with gateway(tmp_path, shards=shards, more=ROOMS) as hub:
        token = await hub.token(grants="listen,talk,video")
        before = await holds(hub)
        for _ in range(2):
            everywhere = await asyncio.gather(*(seen_in(hub, room, token, codec) for room in SOURCES))
            for room, seen in zip(SOURCES, everywhere, strict=True):
                read = [number for number in seen if number is not None]
                assert len(read) == len(seen), (room, "damaged pictures")
                assert {number.source for number in read} == {SOURCES[room]}
                numbers = [number.number for number in read]
                assert numbers == sorted(set(numbers)), (room, numbers)
                assert numbers[-1] - numbers[0] < 2 * PICTURES, (room, numbers)
        await released(hub, before)


async def test_with_forwarding_off_no_picture_is_seen(tmp_path: Path) -> None:
    async with gateway(tmp_path, forwarding=False, more=ROOMS) as hub:
        whip, whep = doors(hub, "east", await hub.token(grants="listen,talk,video"))
        async with aiortc_viewer(whep) as seen, aiortc_camera(whip) as camera:
            await camera.shown(PICTURES)
            assert (await hub.metrics())["crosspatch_media_video_received_total"] > 0
            assert seen.numbers == []
