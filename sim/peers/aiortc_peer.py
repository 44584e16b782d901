"""aiortc as a talker and as a listener."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction

import av
import numpy as np
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from sim.peers.exchange import Door, Exchange
from sim.signal.encode import Pcm, numbered
from sim.signal.played import Recorder

_RATE_HZ = 48_000
_BLOCK = 960
_TAIL_FRAMES = 25
_CONNECT_S = 30.0


@asynccontextmanager
async def aiortc_talker(door: Door) -> AsyncIterator["Microphone"]:
    """Published and connected; sends silence until it is told to speak."""
    microphone = Microphone()
    async with peer_connection() as connection, Exchange(door) as exchange:
        connection.addTransceiver(microphone, direction="sendonly")
        await connect(connection, exchange)
        yield microphone


@asynccontextmanager
async def aiortc_listener(door: Door) -> AsyncIterator[Recorder]:
    """Connected; records what its one track plays."""
    recorder = Recorder(_RATE_HZ)
    async with peer_connection() as connection, Exchange(door) as exchange, asyncio.TaskGroup() as tasks:
        connection.addTransceiver("audio", direction="recvonly")

        @connection.on("track")
        def _record(track: MediaStreamTrack) -> None:
            tasks.create_task(_play(track, recorder), name="aiortc-listener")

        await connect(connection, exchange)
        yield recorder
        await connection.close()


class Microphone(MediaStreamTrack):
    """A live source: one block every 20 ms, numbered while it speaks, else silent."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._at = 0
        self._started_at = 0.0
        self._queue: list[Pcm] = []
        self._said = asyncio.Event()

    async def say(self, first: int, count: int) -> float:
        """Speak ``count`` frames from index ``first``; returns when they and 500 ms of silence are out.

        The value is the wall time in ms at which index 0 went out, or would have.
        """
        speech = [
            *numbered(first, count).reshape(count, _BLOCK),
            *np.zeros((_TAIL_FRAMES, _BLOCK), dtype=np.int16),
        ]
        self._said.clear()
        self._queue = speech
        started_at_ms = time.time() * 1000
        await self._said.wait()
        return started_at_ms - first * 20

    async def recv(self) -> av.AudioFrame:
        now = time.monotonic()
        if self._at == 0:
            self._started_at = now
        await asyncio.sleep(max(0.0, self._started_at + self._at / _RATE_HZ - now))
        samples = self._queue.pop(0) if self._queue else np.zeros(_BLOCK, dtype=np.int16)
        if not self._queue:
            self._said.set()
        frame = av.AudioFrame.from_ndarray(samples[None, :].copy(), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = _RATE_HZ, self._at, Fraction(1, _RATE_HZ)
        self._at += _BLOCK
        return frame


@asynccontextmanager
async def peer_connection() -> AsyncIterator[RTCPeerConnection]:
    """Closed at the end."""
    connection = RTCPeerConnection()
    try:
        yield connection
    finally:
        await connection.close()


async def connect(connection: RTCPeerConnection, exchange: Exchange) -> None:
    """Offer what the connection has, and wait until it is up. Raises ExchangeRefused, TimeoutError."""
    up = asyncio.Event()

    @connection.on("connectionstatechange")
    def _changed() -> None:
        if connection.connectionState == "connected":
            up.set()

    await connection.setLocalDescription(await connection.createOffer())
    answer = await exchange.offer(connection.localDescription.sdp)
    await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    async with asyncio.timeout(_CONNECT_S):
        await up.wait()


async def _play(track: MediaStreamTrack, recorder: Recorder) -> None:
    while True:
        try:
            frame = await track.recv()
        except MediaStreamError:
            return  # the connection was closed
        if isinstance(frame, av.AudioFrame) and frame.pts is not None:
            recorder.put(frame.pts, _first_channel(frame))


def _first_channel(frame: av.AudioFrame) -> Pcm:
    return frame.to_ndarray().reshape(-1, frame.layout.nb_channels)[:, 0].astype(np.int16)
