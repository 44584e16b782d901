"""Codecs that the signal has to survive, and ways to spoil it."""

from collections.abc import Callable, Sequence
from fractions import Fraction

import av
import numpy as np
import pytest

from sim.signal.encode import Pcm, numbered

OpusLoop = Callable[[Pcm, int], Pcm]
Cut = Callable[[Sequence[int]], Pcm]


@pytest.fixture
def opus() -> OpusLoop:
    """48 kHz mono through libopus for speech at a bit rate and back, one 20 ms packet at a time."""

    def loop(pcm: Pcm, bit_rate: int) -> Pcm:
        encoder = av.CodecContext.create("libopus", "w")
        encoder.sample_rate, encoder.layout, encoder.format = 48_000, "mono", "s16"
        encoder.bit_rate, encoder.time_base = bit_rate, Fraction(1, 48_000)
        encoder.options = {"application": "voip", "frame_duration": "20"}
        decoder = av.CodecContext.create("libopus", "r")
        decoder.sample_rate, decoder.layout = 48_000, "mono"
        played = []
        for begin in range(0, len(pcm) - 959, 960):
            samples = pcm[None, begin : begin + 960].copy()
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            frame.sample_rate, frame.pts = 48_000, begin
            for packet in encoder.encode(frame):
                played += [_first_channel(out) for out in decoder.decode(packet)]
        return np.concatenate(played)

    return loop


@pytest.fixture
def cut() -> Cut:
    """The frames with the given indexes, in the given order, as one piece of PCM."""
    frames = numbered(0, 700).reshape(-1, 960)

    def splice(order: Sequence[int]) -> Pcm:
        return np.concatenate([frames[index] for index in order])

    return splice


def _first_channel(frame: av.AudioFrame) -> Pcm:
    return frame.to_ndarray().reshape(-1, frame.layout.nb_channels)[:, 0].astype(np.int16)
