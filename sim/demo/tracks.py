"""A responder's camera and microphone, as aiortc takes them."""

import asyncio
import time
from fractions import Fraction

import av
from aiortc import MediaStreamTrack

from sim.demo.scene import Scene
from sim.signal.encode import Pcm

RATE_HZ = 48_000
_BLOCK = 960
_VIDEO_CLOCK_HZ = 90_000
_PICTURES_PER_S = 6
"""They share two cores with a browser."""


class Camera(MediaStreamTrack):
    """A live source of the scene's pictures."""

    kind = "video"

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self._scene = scene
        self._number = 0
        self._began_at_s = time.monotonic()

    async def recv(self) -> av.VideoFrame:
        due_s = self._began_at_s + self._number / _PICTURES_PER_S - time.monotonic()
        if due_s < -1:
            self._began_at_s -= due_s  # it was held up: go on from here, and do not catch up
        await asyncio.sleep(max(0.0, due_s))
        picture = self._scene.picture(self._number, time.strftime("%H%M%S"), _PICTURES_PER_S)
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = self._number * _VIDEO_CLOCK_HZ // _PICTURES_PER_S
        frame.time_base = Fraction(1, _VIDEO_CLOCK_HZ)
        self._number += 1
        return frame


class Voice(MediaStreamTrack):
    """Speaks what it is told to and sends nothing in between."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._blocks: asyncio.Queue[Pcm] = asyncio.Queue(maxsize=1)
        self._began_at_s = time.monotonic()
        self._block = 0
        self.late_ms = 0.0
        """The most that a frame left later than it should have."""

    async def say(self, pcm: Pcm) -> None:
        """In real time; whole frames at 48 kHz, mono 16 bit."""
        self._block = max(self._block, round((time.monotonic() - self._began_at_s) * RATE_HZ / _BLOCK))
        for block in pcm.reshape(-1, _BLOCK):
            await self._blocks.put(block)

    async def recv(self) -> av.AudioFrame:
        samples = await self._blocks.get()
        due_s = self._began_at_s + self._block * _BLOCK / RATE_HZ
        await asyncio.sleep(due_s - time.monotonic())
        self.late_ms = max(self.late_ms, (time.monotonic() - due_s) * 1000)
        frame = av.AudioFrame.from_ndarray(samples[None, :].copy(), format="s16", layout="mono")
        frame.sample_rate, frame.time_base = RATE_HZ, Fraction(1, RATE_HZ)
        frame.pts = self._block * _BLOCK
        self._block += 1
        return frame
