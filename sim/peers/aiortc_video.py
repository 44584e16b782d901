"""aiortc as a camera and as a viewer, in VP8 or H.264: every picture with its number burnt in."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction

import av
import numpy as np
from aiortc import MediaStreamTrack, RTCRtpSender, RTCRtpTransceiver
from aiortc.mediastreams import MediaStreamError

from sim.peers.aiortc_peer import Microphone, connect, peer_connection
from sim.peers.exchange import Door, Exchange
from sim.signal.frame_number import FrameNumber, burn, read

_CLOCK_HZ = 90_000
_RATE = 10
_SIZE = (120, 160)
_GREY = 128
_DEADLINE_S = 30.0
_SEEN_MAX = 10_000


@asynccontextmanager
async def aiortc_camera(door: Door, source: int = 0, codec: str = "VP8") -> AsyncIterator["Camera"]:
    """Published and connected: shows numbered pictures, 160 x 120, 10 a second, and sends silence.

    ``codec``: ``VP8`` or ``H264``; no other is offered.
    """
    async with peer_connection() as connection, Exchange(door) as exchange:
        connection.addTransceiver(Microphone(), direction="sendonly")
        camera = Camera(source)
        _only(connection.addTransceiver(camera, direction="sendonly"), codec)
        await connect(connection, exchange)
        yield camera


@asynccontextmanager
async def aiortc_viewer(door: Door) -> AsyncIterator["Sightings"]:
    """Connected; writes down the number of every picture that its one video track decodes."""
    seen = Sightings()
    async with peer_connection() as connection, Exchange(door) as exchange, asyncio.TaskGroup() as tasks:
        for kind in ("audio", "video"):
            connection.addTransceiver(kind, direction="recvonly")

        @connection.on("track")
        def _watch(track: MediaStreamTrack) -> None:
            tasks.create_task(_look(track, seen), name="aiortc-viewer")

        await connect(connection, exchange)
        yield seen
        await connection.close()


class Sightings:
    """The numbers seen so far, in order; at most 10,000."""

    def __init__(self) -> None:
        self.numbers: list[FrameNumber | None] = []
        """None: a picture whose number was damaged."""
        self._grown = asyncio.Event()

    def put(self, number: FrameNumber | None) -> None:
        if len(self.numbers) < _SEEN_MAX:
            self.numbers.append(number)
            self._grown.set()

    async def reach(self, count: int) -> list[FrameNumber | None]:
        """All, once there are so many. Raises TimeoutError after 30 s."""
        async with asyncio.timeout(_DEADLINE_S):
            while len(self.numbers) < count:
                self._grown.clear()
                await self._grown.wait()
        return list(self.numbers)


class Camera(MediaStreamTrack):
    """A live source of numbered pictures."""

    kind = "video"

    def __init__(self, source: int) -> None:
        super().__init__()
        self._source = source
        self._number = 0
        self._started_at = 0.0
        self._grown = asyncio.Event()

    async def shown(self, count: int) -> None:
        """Wait until so many pictures went out. Raises TimeoutError after 30 s."""
        async with asyncio.timeout(_DEADLINE_S):
            while self._number < count:
                self._grown.clear()
                await self._grown.wait()

    async def recv(self) -> av.VideoFrame:
        now = time.monotonic()
        if self._number == 0:
            self._started_at = now
        await asyncio.sleep(max(0.0, self._started_at + self._number / _RATE - now))
        luma = np.full(_SIZE, _GREY, dtype=np.uint8)
        burn(luma, FrameNumber(self._number & 0xFFFF, self._source))
        chroma = np.full((_SIZE[0] // 2, _SIZE[1]), _GREY, dtype=np.uint8)
        frame = av.VideoFrame.from_ndarray(np.vstack([luma, chroma]), format="yuv420p")
        frame.pts = self._number * _CLOCK_HZ // _RATE
        frame.time_base = Fraction(1, _CLOCK_HZ)
        self._number += 1
        self._grown.set()
        return frame


def _only(line: RTCRtpTransceiver, codec: str) -> None:
    """Offer nothing else, but for what is sent again."""
    known = RTCRtpSender.getCapabilities("video").codecs
    line.setCodecPreferences([each for each in known if each.mimeType in {f"video/{codec}", "video/rtx"}])


async def _look(track: MediaStreamTrack, seen: Sightings) -> None:
    while True:
        try:
            frame = await track.recv()
        except MediaStreamError:
            return  # the connection was closed
        if isinstance(frame, av.VideoFrame):
            seen.put(read(frame.to_ndarray(format="gray").astype(np.uint8)))
