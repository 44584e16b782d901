"""What a simulated telephone speaks: G.711 mu-law written out here, G.722 and Opus by FFmpeg (PyAV).

None of it is the gateway's code. Frames are 20 ms; PCM is mono 16 bit.
"""

from typing import ClassVar, Protocol, cast

import av
import numpy as np
from numpy.typing import NDArray

from sim.signal.encode import Pcm

_OPUS_BITRATE = 32_000


class Codec(Protocol):
    """State of one call, both directions."""

    payload_type: ClassVar[int]
    rate_hz: ClassVar[int]
    """Of the PCM."""
    clock_hz: ClassVar[int]
    """Of RTP timestamps; for G.722 half the rate (RFC 3551 section 4.5.2)."""
    name: ClassVar[str]
    """As ``a=rtpmap`` says it."""

    def encode(self, frame: Pcm) -> bytes:
        """One frame, a payload."""

    def decode(self, payload: bytes) -> Pcm:
        """One payload, a frame."""


class Pcmu:
    """G.711 mu-law (ITU-T G.711 table 2)."""

    payload_type: ClassVar[int] = 0
    rate_hz: ClassVar[int] = 8_000
    clock_hz: ClassVar[int] = 8_000
    name: ClassVar[str] = "PCMU/8000"

    def encode(self, frame: Pcm) -> bytes:
        value = frame.astype(np.int32)
        sign = np.where(value < 0, 0x80, 0)
        magnitude = np.minimum(np.abs(value), 32_635) + 132
        exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
        mantissa = (magnitude >> (exponent + 3)) & 0x0F
        return bytes((~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8))

    def decode(self, payload: bytes) -> Pcm:
        return _LINEAR[np.frombuffer(payload, dtype=np.uint8)]


class _Ffmpeg:
    """A codec of FFmpeg, by its name there."""

    rate_hz: ClassVar[int]

    def __init__(self, program: str, bit_rate: int) -> None:
        self._encoder = cast("av.AudioCodecContext", av.CodecContext.create(program, "w"))
        self._decoder = cast("av.AudioCodecContext", av.CodecContext.create(program, "r"))
        for context in (self._encoder, self._decoder):
            context.sample_rate = self.rate_hz
            context.layout = "mono"
        self._encoder.format = av.AudioFormat("s16")
        self._encoder.bit_rate = bit_rate
        self._at = 0

    def encode(self, frame: Pcm) -> bytes:
        block = av.AudioFrame.from_ndarray(frame[None, :], format="s16", layout="mono")
        block.sample_rate, block.pts = self.rate_hz, self._at
        self._at += len(frame)
        return b"".join(bytes(packet) for packet in self._encoder.encode(block))

    def decode(self, payload: bytes) -> Pcm:
        frames = self._decoder.decode(av.Packet(payload))
        return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames]).astype(np.int16)


class G722(_Ffmpeg):
    """ITU-T G.722 at 64 kb/s."""

    payload_type: ClassVar[int] = 9
    rate_hz: ClassVar[int] = 16_000
    clock_hz: ClassVar[int] = 8_000
    name: ClassVar[str] = "G722/8000"

    def __init__(self) -> None:
        super().__init__("g722", 64_000)


class Opus(_Ffmpeg):
    """RFC 6716, mono."""

    payload_type: ClassVar[int] = 96
    rate_hz: ClassVar[int] = 48_000
    clock_hz: ClassVar[int] = 48_000
    name: ClassVar[str] = "opus/48000/2"

    def __init__(self) -> None:
        super().__init__("libopus", _OPUS_BITRATE)


CODECS: dict[str, type[Pcmu] | type[G722] | type[Opus]] = {
    str(kind.payload_type): kind for kind in (Pcmu, G722, Opus)
}
"""By payload type as SDP writes it."""


def codec_of(payload_types: str) -> Codec:
    """The first of a list (``"9 0"``) that can be spoken; G.711 where none can."""
    known = [CODECS[number] for number in payload_types.split() if number in CODECS]
    return (known or [Pcmu])[0]()


def rtpmaps(payload_types: str) -> list[str]:
    """Their ``a=rtpmap`` lines, of those that can be spoken."""
    return [f"a=rtpmap:{n} {CODECS[n].name}" for n in payload_types.split() if n in CODECS]


def _linear() -> NDArray[np.int16]:
    code = ~np.arange(256) & 0xFF
    exponent, mantissa = (code >> 4) & 7, code & 0x0F
    magnitude = ((mantissa << 3) + 132 << exponent) - 132
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


_LINEAR = _linear()
