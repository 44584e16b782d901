"""Short-time measurement of the tone alphabet in PCM."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.signal.encode import Pcm
from sim.signal.tones import LOW_HZ, RESIDUE, TONES_HZ, high_place, low_place

HOP_MS = 2.5
_WINDOW_MS = 10.0
_CLOSE_WINDOW_MS = 6.0
_CLOSE_HOP_MS = 1.0
_SILENT_DBOV = -60.0
_BLOCK_HOPS = 8192
"""Bounds the memory of the power matrix for long recordings (20 s a block)."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spectrum:
    """One row a hop; arrays have the shape (hops,)."""

    at_ms: Floats
    """Middle of the hop's window."""
    residue: NDArray[np.int64]
    """Index modulo ``CYCLE`` of the strongest tone pair."""
    purity: Floats
    """Part of the window's energy that the pair explains, 0 .. 1."""
    power: Floats
    """Mean square, full scale = 1."""
    silent: NDArray[np.bool_]
    tone_power: float
    """Typical power of one tone inside a clear frame."""


def measure(pcm: Pcm, rate_hz: int) -> Spectrum:
    """Measure a whole recording; shorter than one window gives an empty spectrum."""
    window, hop = int(rate_hz * _WINDOW_MS / 1000), rate_hz * HOP_MS / 1000
    starts = np.arange(0, max(0, len(pcm) - window + 1), hop).astype(np.int64)
    residue = np.zeros(len(starts), dtype=np.int64)
    purity, power, tone = np.zeros(len(starts)), np.zeros(len(starts)), np.zeros(len(starts))
    for begin in range(0, len(starts), _BLOCK_HOPS):
        part = slice(begin, begin + _BLOCK_HOPS)
        tones, energy = _tone_power(pcm, rate_hz, starts[part], window)
        low, high = tones[:, : len(LOW_HZ)].argmax(axis=1), tones[:, len(LOW_HZ) :].argmax(axis=1)
        rows = np.arange(len(tones))
        pair = tones[rows, low] + tones[rows, len(LOW_HZ) + high]
        residue[part] = RESIDUE[low, high]
        purity[part] = pair / np.maximum(energy, 1e-15)
        power[part] = energy
        tone[part] = pair / 2
    silent = power < 10 ** (_SILENT_DBOV / 10)
    clear = ~silent & (purity > 0.9)
    return Spectrum(
        at_ms=starts / rate_hz * 1000 + _WINDOW_MS / 2,
        residue=residue,
        purity=purity,
        power=power,
        silent=silent,
        tone_power=float(np.median(tone[clear])) if clear.any() else float("inf"),
    )


def presence(
    pcm: Pcm, rate_hz: int, begin_ms: float, end_ms: float, indexes: Iterable[int]
) -> dict[int, float]:
    """The most power that both tones of each index reach together between two times."""
    window = int(rate_hz * _CLOSE_WINDOW_MS / 1000)
    first = max(0, int(begin_ms * rate_hz / 1000) - window // 2)
    last = max(0, min(int(end_ms * rate_hz / 1000), len(pcm)) - window)
    starts = np.arange(first, last, rate_hz * _CLOSE_HOP_MS / 1000)
    tones, _ = _tone_power(pcm, rate_hz, starts.astype(np.int64), window)
    return {
        index: float(
            np.minimum(tones[:, low_place(index)], tones[:, len(LOW_HZ) + high_place(index)]).max(initial=0.0)
        )
        for index in indexes
    }


def _tone_power(pcm: Pcm, rate_hz: int, starts: NDArray[np.int64], window: int) -> tuple[Floats, Floats]:
    """Power of every tone at every start, shape (starts, tones), and the mean square, shape (starts,)."""
    shape = np.hanning(window + 2)[1:-1]
    probe = np.exp(-2j * np.pi * np.outer(TONES_HZ, np.arange(window) / rate_hz)) * shape
    samples = pcm[starts[:, None] + np.arange(window)].astype(np.float64) / 32768
    # A sine of amplitude a gives |X| = a * sum(shape) / 2 and has the power a*a / 2.
    tones = 2 * np.abs(samples @ probe.T / shape.sum()) ** 2
    energy = (samples**2 @ shape) / shape.sum()
    return tones, energy
