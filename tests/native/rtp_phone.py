"""A phone without signalling: PCMU over plain RTP on a UDP socket of its own, with its own G.711."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from sim.signal.encode import Pcm

RATE_HZ = 8_000
FRAME = 160
FRAME_S = 0.02
DTMF = 101
_BIAS = 33
_CLIP = 8_158
_HEADER = struct.Struct("!BBHII")


@dataclass(frozen=True)
class Packet:
    """One RTP packet that came."""

    kind: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


class RtpPhone(asyncio.DatagramProtocol):
    """Sends what it is told every 20 ms and keeps what it gets."""

    def __init__(self, server: tuple[str, int]) -> None:
        self.server = server
        self.heard: list[Packet] = []
        self.ssrc = 0x1234_5678
        self._sequence = 65_500
        self._timestamp = 2**32 - 50 * FRAME
        self._transport: asyncio.DatagramTransport | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Where it wants its RTP."""
        assert self._transport is not None
        host, port = self._transport.get_extra_info("sockname")[:2]
        return host, port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        assert addr == self.server
        first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
        assert first == 0x80
        packet = Packet(second & 0x7F, second > 0x7F, sequence, timestamp, ssrc, data[_HEADER.size :])
        self.heard.append(packet)

    def send(self, kind: int, payload: bytes, *, timestamp: int | None = None) -> None:
        """One packet now; the sequence goes on."""
        assert self._transport is not None
        at = self._timestamp if timestamp is None else timestamp
        header = _HEADER.pack(0x80, kind, self._sequence, at % 2**32, self.ssrc)
        self._transport.sendto(header + payload, self.server)
        self._sequence = (self._sequence + 1) % 2**16

    async def say(self, pcm: Pcm) -> None:
        """Send sound, a frame every 20 ms."""
        loop = asyncio.get_running_loop()
        begin = loop.time()
        for number, frame in enumerate(pcm.reshape(-1, FRAME)):
            await asyncio.sleep(max(0.0, begin + number * FRAME_S - loop.time()))
            self.send(0, to_ulaw(frame))
            self._timestamp += FRAME

    async def press(self, event: int, *, frames: int = 5) -> None:
        """One DTMF key (RFC 4733 section 2.5.1): its packets, the last three times."""
        begin = self._timestamp
        for number in range(frames + 3):
            held = min(number + 1, frames)
            end = 0x80 if number >= frames else 0
            payload = struct.pack("!BBH", event, end | 10, held * FRAME)
            self.send(DTMF, payload, timestamp=begin)
            self._timestamp += FRAME
            await asyncio.sleep(FRAME_S)

    def played(self) -> Pcm:
        """What came, each packet at its media time; silence between."""
        sound = [packet for packet in self.heard if packet.kind == 0]
        if not sound:
            return np.zeros(0, dtype=np.int16)
        offsets = [(packet.timestamp - sound[0].timestamp) % 2**32 for packet in sound]
        pcm = np.zeros(max(offsets) + FRAME, dtype=np.int16)
        for offset, packet in zip(offsets, sound, strict=True):
            pcm[offset : offset + FRAME] = from_ulaw(packet.payload)
        return pcm


@asynccontextmanager
async def rtp_phone(port: int) -> AsyncIterator[RtpPhone]:
    """A phone that talks to the given port of the gateway."""
    loop = asyncio.get_running_loop()
    transport, phone = await loop.create_datagram_endpoint(
        lambda: RtpPhone(("127.0.0.1", port)), local_addr=("127.0.0.1", 0)
    )
    try:
        yield phone
    finally:
        transport.close()


def to_ulaw(pcm: Pcm) -> bytes:
    """ITU-T G.711 table 2a: sign, segment, interval; all bits inverted."""
    linear = pcm.astype(np.int32) >> 2
    magnitude = np.minimum(np.abs(linear), _CLIP) + _BIAS
    segment = np.floor(np.log2(magnitude)).astype(np.int32) - 5
    interval = (magnitude >> (segment + 1)) & 0x0F
    sign = np.where(linear < 0, 0x80, 0)
    code: NDArray[np.uint8] = (~(sign | segment << 4 | interval) & 0xFF).astype(np.uint8)
    return code.tobytes()


def from_ulaw(payload: bytes) -> NDArray[np.int16]:
    """The inverse, at the middle of each interval."""
    code = ~np.frombuffer(payload, dtype=np.uint8).astype(np.int32) & 0xFF
    segment = code >> 4 & 7
    magnitude = ((((code & 0x0F) << 1) + _BIAS) << segment) - _BIAS
    return (np.where(code & 0x80, -magnitude, magnitude) << 2).astype(np.int16)
