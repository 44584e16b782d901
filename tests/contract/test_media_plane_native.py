"""The contract of media planes on the native one, with aiortc at the far end."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiortc import RTCDataChannel, RTCPeerConnection, RTCSessionDescription

from gateway.model.ids import LegId
from gateway.native import start_plane
from gateway.ports.media import Channel
from tests.contract.media_phones import PhoneContract
from tests.contract.media_plane import SESSIONS_MAX, Bench, MediaPlaneContract

pytest.importorskip("gateway._native", reason="the extension is not built: make setup")


class AiortcFarEnd:
    """A peer connection of another make: one microphone line and the two channels."""

    def __init__(self) -> None:
        self.connection = RTCPeerConnection()
        self.connection.addTransceiver("audio", direction="sendrecv")
        self._messages: asyncio.Queue[tuple[Channel, bytes]] = asyncio.Queue()
        self._channels = {
            Channel.RELIABLE: self._channel(Channel.RELIABLE, ordered=True),
            Channel.FAST: self._channel(Channel.FAST, ordered=False, maxRetransmits=0),
        }

    def _channel(self, label: Channel, **options: object) -> RTCDataChannel:
        channel = self.connection.createDataChannel(label.value, **options)
        channel.on("message", lambda data: self._messages.put_nowait((label, data)))
        return channel

    async def offer(self) -> str:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return self.connection.localDescription.sdp

    async def connect(self, answer: str) -> None:
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def send(self, channel: Channel, data: bytes) -> None:
        opened = asyncio.Event()
        wire = self._channels[channel]
        wire.on("open", opened.set)
        async with asyncio.timeout(10):
            if wire.readyState != "open":
                await opened.wait()
        wire.send(data)

    async def received(self) -> tuple[Channel, bytes]:
        async with asyncio.timeout(10):
            return await self._messages.get()

    async def hang_up(self) -> None:
        # Only a connection that this side too calls connected says goodbye (DTLS close_notify).
        connected = asyncio.Event()
        self.connection.on("connectionstatechange", connected.set)
        async with asyncio.timeout(10):
            while self.connection.connectionState != "connected":
                connected.clear()
                await connected.wait()
        await self.connection.close()


@pytest.fixture(params=[1, 3], ids=lambda shards: f"{shards}-shards")
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    plane = start_plane(
        shards=request.param,
        listen=("127.0.0.1",),
        announce=(),
        port=0,
        sessions_max=SESSIONS_MAX,
        data_message_bytes_max=16_384,
        forwarding=True,
    )
    far_ends: list[AiortcFarEnd] = []

    def make(_leg: LegId) -> AiortcFarEnd:
        far_ends.append(AiortcFarEnd())
        return far_ends[-1]

    yield Bench(plane, make)
    await plane.stop()
    for far_end in far_ends:
        await far_end.connection.close()


class TestNativeMediaPlane(MediaPlaneContract, PhoneContract):
    pass
