"""The speech codecs as a bridge uses them: one frame a call, PCM as bytes."""

import numpy as np
import pytest

from gateway._native import FrameDecoder, FrameEncoder
from sim.signal.decode import decode
from sim.signal.encode import numbered

FRAMES = 50


@pytest.mark.parametrize(("codec", "rate_hz"), [("opus", 48_000), ("PCMU", 8_000)])
def test_every_20_ms_survive_coding(codec: str, rate_hz: int) -> None:
    encoder, decoder = FrameEncoder(codec), FrameDecoder(codec)
    assert (encoder.rate_hz, decoder.rate_hz) == (rate_hz, rate_hz)
    blocks = numbered(0, FRAMES, rate_hz=rate_hz).reshape(FRAMES, -1)
    played = b"".join(decoder.decode(encoder.encode(block.astype("<i2").tobytes())) for block in blocks)
    heard = decode(np.frombuffer(played, dtype="<i2"), rate_hz, sent_at_ms=0)
    assert (heard.first, heard.lost_frames) == (0, 0)
    assert heard.frames >= FRAMES - 1  # Opus keeps the last 6.5 ms to itself


def test_a_block_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="20 ms are 320 bytes"):
        FrameEncoder("PCMU").encode(b"\0" * 318)


def test_an_unknown_codec_is_refused() -> None:
    for cls in (FrameEncoder, FrameDecoder):
        with pytest.raises(ValueError, match="opus or PCMU"):
            cls("G722")


def test_bytes_that_are_no_frame_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be decoded"):
        FrameDecoder("opus").decode(b"\xff" * 7)
