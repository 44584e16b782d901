"""RTP of a simulated telephone: G.711 mu-law, 20 ms a packet, and keys as telephone-event (RFC 4733)."""

import asyncio
import secrets
import struct
import time
from typing import cast

import numpy as np
from numpy.typing import NDArray

from sim.signal.encode import Pcm, numbered
from sim.signal.played import Recorder

RATE_HZ = 8_000
FRAME = 160
_PAYLOAD, _KEYS = 0, 101
_KEY_CODES = "0123456789*#ABCD"
_KEY_PACKETS = 5
"""Updates of a key while it is held, and three ends."""


class Sound(asyncio.DatagramProtocol):
    """One socket; sends what it is told to, records what comes by media time."""

    def __init__(self) -> None:
        self.recorder = Recorder(RATE_HZ)
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
    async def open(cls, address: str) -> "Sound":
        """On a free port of that address."""
        sound = cls()
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

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    # -- up ----------------------------------------------------------------------------------

    async def say(self, frames: int, *, first: int = 0) -> float:
        """Send the numbered signal in real time; the wall time (ms) of its first frame."""
        sound = numbered(first, frames, rate_hz=RATE_HZ)
        started = time.monotonic()
        started_ms = time.time() * 1000
        for number in range(frames):
            self._send(_PAYLOAD, encode(sound[number * FRAME : (number + 1) * FRAME]), marker=number == 0)
            self._timestamp += FRAME
            await asyncio.sleep(max(0.0, started + 0.02 * (number + 1) - time.monotonic()))
        return started_ms

    async def press(self, key: str) -> None:
        """One key, held for 100 ms (RFC 4733 section 2.5)."""
        code = _KEY_CODES.index(key)
        for number in range(_KEY_PACKETS + 3):
            ended = number >= _KEY_PACKETS
            duration = FRAME * min(number + 1, _KEY_PACKETS)
            event = struct.pack("!BBH", code, (0x80 if ended else 0) | 10, duration)
            self._send(_KEYS, event, marker=number == 0)
            await asyncio.sleep(0 if ended else 0.02)
        self._timestamp += FRAME * _KEY_PACKETS

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
        if len(data) < 12 or data[1] & 0x7F != _PAYLOAD:
            return
        timestamp, ssrc = struct.unpack("!II", data[4:12])
        self.received += 1
        self.ssrcs.add(ssrc)
        if self._origin is None:
            self._origin = timestamp
        self.recorder.put((timestamp - self._origin) & 0xFFFFFFFF, decode(data[12:]))

    async def _bind(self, address: str) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=(address, 0))


# -- G.711 mu-law (ITU-T G.711 table 2) ------------------------------------------------------


def encode(pcm: Pcm) -> bytes:
    """Linear 16 bit to mu-law."""
    value = pcm.astype(np.int32)
    sign = np.where(value < 0, 0x80, 0)
    magnitude = np.minimum(np.abs(value), 32_635) + 132
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return bytes((~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8))


def decode(data: bytes) -> Pcm:
    """Mu-law to linear 16 bit."""
    return _LINEAR[np.frombuffer(data, dtype=np.uint8)]


def _linear() -> NDArray[np.int16]:
    code = ~np.arange(256) & 0xFF
    exponent, mantissa = (code >> 4) & 7, code & 0x0F
    magnitude = ((mantissa << 3) + 132 << exponent) - 132
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


_LINEAR = _linear()
