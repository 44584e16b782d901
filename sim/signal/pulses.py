"""The pulses of a telephone's tones in what it played: which pitch after which."""

import numpy as np

from sim.signal.played import Played

_WINDOW_MS, _HOP_MS = 20, 5
_QUIET_DBOV = -50.0
_SAME_HZ = 25.0
"""What a window of 20 ms tells apart, halved."""
_HOPS_MIN = 3
"""Shorter ones are edges, not pulses."""


def pitches(played: Played) -> list[int]:
    """The pitch in Hz of every pulse, in order; pulses of one pitch in a row are one."""
    pcm = played.pcm.astype(np.float64) / 32768
    window, hop = played.rate_hz * _WINDOW_MS // 1000, played.rate_hz * _HOP_MS // 1000
    shape = np.hanning(window)
    found: list[int] = []
    last, hops = 0.0, 0
    for begin in range(0, len(pcm) - window + 1, hop):
        part = pcm[begin : begin + window]
        loud = 10 * np.log10(float(np.mean(part**2)) + 1e-12) > _QUIET_DBOV
        # Ten times as long as the window: the pitch is read between the lines of its spectrum.
        peak = int(np.argmax(np.abs(np.fft.rfft(part * shape, 10 * window))))
        hz = peak * played.rate_hz / (10 * window) if loud else 0.0
        hops = hops + 1 if abs(hz - last) < _SAME_HZ else 1
        last = hz
        if hz > 0 and hops == _HOPS_MIN and not (found and abs(found[-1] - hz) < 2 * _SAME_HZ):
            found.append(round(hz))
    return found
