"""Pilots: a steady pair of tones for each speaker, so that several who speak at once can be told apart.

The numbered signal tells exactly what was heard of one speaker, but two of them on top of each other are
noise to its decoder. A pilot says less, who is heard and how loud, and says it of many at once. Its tones lie
in the telephone band; no tone is a low harmonic or the sum or difference of two others, and a pilot is there
only if both its tones are, so that what a codec adds to one is not taken for another.
"""

import numpy as np
from numpy.typing import NDArray

from sim.signal.encode import Pcm

PILOTS_HZ = ((510, 1990), (590, 2170), (670, 2290), (770, 2470), (870, 2650), (950, 2830))
"""One pair a speaker."""
WINDOW_MS = 100
_EDGE_MS = 5.0


def pilot(speaker: int, ms: int, *, rate_hz: int = 48_000, level_dbov: float = -20.0, seed: int = 0) -> Pcm:
    """``ms`` of the speaker's pair, RMS ``level_dbov``; ``seed`` sets the tones' start phases."""
    at_s = np.arange(rate_hz * ms // 1000) / rate_hz
    phases = np.random.default_rng((seed, speaker)).uniform(0, 2 * np.pi, 2)
    pair = np.array(PILOTS_HZ[speaker])[:, None]
    ramp = np.clip(np.minimum(at_s, at_s[-1] - at_s) * 1000 / _EDGE_MS, 0, 1)
    wave = np.sin(2 * np.pi * pair * at_s + phases[:, None]).sum(axis=0) * ramp
    scaled = np.round(wave * 10 ** (level_dbov / 20) * 32767).clip(-32767, 32767)
    return np.asarray(scaled, dtype=np.int16)


def levels(pcm: Pcm, rate_hz: int, window_ms: int = WINDOW_MS) -> NDArray[np.float64]:
    """Level in dBov of every pilot's weaker tone, taken twice, window by window: (windows, pilots).

    Comparable with ``level_dbov`` of ``pilot``. Shorter than one window gives no row. Below 40 ms the pilots
    cannot be told apart.
    """
    length = rate_hz * window_ms // 1000
    windows = pcm[: len(pcm) // length * length].reshape(-1, length).astype(np.float64) / 32768
    shape = np.hanning(length + 2)[1:-1]
    tones = np.array(PILOTS_HZ, dtype=np.float64).reshape(-1)
    probe = np.exp(-2j * np.pi * np.outer(tones, np.arange(length) / rate_hz)) * shape
    # A sine of amplitude a gives |X| = a * sum(shape) / 2; two of them have the RMS level a.
    amplitude = 2 * np.abs(windows @ probe.T) / shape.sum()
    weaker = amplitude.reshape(len(windows), len(PILOTS_HZ), 2).min(axis=2)
    return np.asarray(20 * np.log10(np.maximum(weaker, 1e-6)))
