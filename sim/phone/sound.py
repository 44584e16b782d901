"""RTP of a simulated telephone: 20 ms of sound a packet, and keys as telephone-event (RFC 4733)."""

import asyncio
import secrets
import struct
import time
from typing import cast

from sim.phone.codec import Codec, Pcmu, codec_of
from sim.signal.encode import Pcm, numbered
from sim.signal.played import Recorder

FRAMES_PER_S = 50
_KEYS = 101
_KEY_CLOCK_HZ = 8_000
"""Keys are counted at this rate whatever the sound's clock is: the one telephone-event that is offered."""
_KEY_CODES = "0123456789*#ABCD"
_KEY_PACKETS = 5
"""Updates of a key while it is held, and three ends."""


class Sound(asyncio.DatagramProtocol):
    """One socket; sends what it is told to, records what comes by media time."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.recorder = Recorder(codec.rate_hz)
        self.received = 0
        self.local: tuple[str, int] = ("", 0)
        self.ssrcs: set[int] = set()
        """Sources heard: one timeline for the whole call is the gateway's promise."""
        self._transport: asyncio.DatagramTransport | None = None
        self._remote: tuple[str, int] | None = None
        self._ssrc = secrets.randbits(32)
        self._seq = secrets.randbits(15)
        self._timestamp = secrets.randbits(31)
        self._origin: int | None = None

    @classmethod
    async def open(cls, address: str, payload_types: str = str(Pcmu.payload_type)) -> "Sound":
        """On a free port of that address; speaks the first of the payload types that it can."""
        sound = cls(codec_of(payload_types))
        await sound._bind(address)
        return sound

    async def move(self) -> None:
        """To another port."""
        old = self._transport
        await self._bind(self.local[0])
        if old is not None:
            old.close()

    def aim(self, sdp: bytes) -> None:
        """Send where a session description says."""
        lines = sdp.decode().split("\r\n")
        host = next((line.split()[2] for line in lines if line.startswith("c=")), "")
        port = next((int(line.split()[1]) for line in lines if line.startswith("m=audio")), 0)
        if host and port:
            self._remote = (host, port)

    @property
    def remote(self) -> tuple[str, int] | None:
        """Where it sends to."""
        return self._remote

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    # -- up ----------------------------------------------------------------------------------

    async def say(self, frames: int, *, first: int = 0) -> float:
        """Send the numbered signal in real time; the wall time (ms) of its first frame."""
        return await self.play(numbered(first, frames, rate_hz=self.codec.rate_hz))

    async def play(self, pcm: Pcm) -> float:
        """Send whole frames of sound in real time; the wall time (ms) of the first one."""
        started = time.monotonic()
        started_ms = time.time() * 1000
        for number, frame in enumerate(pcm.reshape(-1, self.codec.rate_hz // FRAMES_PER_S)):
            self._send(self.codec.payload_type, self.codec.encode(frame), marker=number == 0)
            self._timestamp += self.codec.clock_hz // FRAMES_PER_S
            await asyncio.sleep(max(0.0, started + (number + 1) / FRAMES_PER_S - time.monotonic()))
        return started_ms

    async def press(self, key: str) -> None:
        """One key, held for 100 ms (RFC 4733 section 2.5)."""
        code = _KEY_CODES.index(key)
        for number in range(_KEY_PACKETS + 3):
            ended = number >= _KEY_PACKETS
            duration = _KEY_CLOCK_HZ // FRAMES_PER_S * min(number + 1, _KEY_PACKETS)
            event = struct.pack("!BBH", code, (0x80 if ended else 0) | 10, duration)
            self._send(_KEYS, event, marker=number == 0)
            await asyncio.sleep(0 if ended else 0.02)
        self._timestamp += self.codec.clock_hz // FRAMES_PER_S * _KEY_PACKETS

    def _send(self, kind: int, payload: bytes, *, marker: bool) -> None:
        self._seq = (self._seq + 1) & 0xFFFF
        second = kind | (0x80 if marker else 0)
        header = struct.pack("!BBHII", 0x80, second, self._seq, self._timestamp & 0xFFFFFFFF, self._ssrc)
        if self._transport is not None and self._remote is not None:
            self._transport.sendto(header + payload, self._remote)

    # -- down --------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)
        self.local = transport.get_extra_info("sockname")[:2]

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:  # noqa: ARG002
        if len(data) < 12 or data[1] & 0x7F != self.codec.payload_type:
            return
        timestamp, ssrc = struct.unpack("!II", data[4:12])
        self.received += 1
        self.ssrcs.add(ssrc)
        if self._origin is None:
            self._origin = timestamp
        at = ((timestamp - self._origin) & 0xFFFFFFFF) * self.codec.rate_hz // self.codec.clock_hz
        self.recorder.put(at, self.codec.decode(data[12:]))

    async def _bind(self, address: str) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=(address, 0))
