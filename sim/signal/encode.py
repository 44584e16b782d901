"""Write the numbered signal as PCM or WAV."""

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.signal.tones import CYCLE, FRAME_MS, HIGH_HZ, LOW_HZ, high_place, low_place

Pcm = NDArray[np.int16]
"""Mono samples, shape (samples,), full scale +-32767."""

_EDGE_MS = 1.0
"""Raised-cosine edges: without them the clicks between frames cost a codec more than the tones."""


def numbered(
    first: int, count: int, *, rate_hz: int = 48_000, level_dbov: float = -15.0, seed: int = 0
) -> Pcm:
    """Frames ``first`` .. ``first + count - 1``, each 20 ms.

    ``level_dbov`` is the RMS level against full scale. ``seed`` sets the tones' start phases, so that
    two signals of the same indexes need not be the same samples. The signal is periodic in ``CYCLE``
    frames to the sample: a player may loop one cycle.
    """
    cycle = _cycle(rate_hz, level_dbov, seed)
    order = np.arange(first, first + count) % CYCLE
    return np.ascontiguousarray(cycle[order].reshape(-1))


def write_wav(path: Path, pcm: Pcm, rate_hz: int) -> None:
    """Mono 16-bit RIFF file."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate_hz)
        out.writeframes(pcm.astype("<i2").tobytes())


def read_wav(path: Path) -> tuple[Pcm, int]:
    """First channel of a 16-bit RIFF file, and its rate in Hz."""
    with wave.open(str(path), "rb") as source:
        if source.getsampwidth() != 2:
            raise ValueError(f"{path.name}: expected 16-bit samples, found {8 * source.getsampwidth()}-bit")
        channels, rate_hz = source.getnchannels(), source.getframerate()
        samples = np.frombuffer(source.readframes(source.getnframes()), dtype="<i2")
    return samples[::channels].astype(np.int16), rate_hz


def _cycle(rate_hz: int, level_dbov: float, seed: int) -> Pcm:
    """All frames of one cycle, shape (CYCLE, samples a frame)."""
    length = rate_hz * FRAME_MS // 1000
    at_s = np.arange(length) / rate_hz
    amplitude = 10 ** (level_dbov / 20)  # two sines of amplitude a have the RMS level a
    phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, (CYCLE, 2))
    low_hz = np.array([LOW_HZ[low_place(index)] for index in range(CYCLE)])
    high_hz = np.array([HIGH_HZ[high_place(index)] for index in range(CYCLE)])
    low = np.sin(2 * np.pi * np.outer(low_hz, at_s) + phases[:, :1])
    high = np.sin(2 * np.pi * np.outer(high_hz, at_s) + phases[:, 1:])
    wave_form = (low + high) * amplitude * _edges(length, rate_hz)
    return np.round(wave_form * 32767).clip(-32767, 32767).astype(np.int16)


def _edges(length: int, rate_hz: int) -> NDArray[np.float64]:
    ramp = np.sin(np.linspace(0, np.pi / 2, int(rate_hz * _EDGE_MS / 1000))) ** 2
    shape = np.ones(length)
    shape[: len(ramp)] = ramp
    shape[-len(ramp) :] = ramp[::-1]
    return shape
