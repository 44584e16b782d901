"""What is said in the demo world: chimes with a meaning, and a murmur that has the shape of speech.

All of it is computed at the start, seeded, within the telephone band. PCM is mono 16 bit, whole 20 ms frames.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.signal.encode import Pcm

_PEAK = 0.25 * 32767
_FRAMES_PER_S = 50
_DECAY_S = 0.35
_NOTES_HZ = {"c": 523.25, "e": 659.26, "g": 783.99, "a": 880.0, "C": 1046.5}
_VOWELS_HZ = ((750, 1200), (500, 1800), (320, 2200), (500, 900), (350, 800))
"""First two formants of a, e, i, o, u."""
_VOWEL_S, _PAUSE_S = 0.16, 0.05

ANNOUNCEMENT = "gec"
"""The desk phone has something to say."""
HEARD = "ceg"
"""The desk phone has heard what was said."""
GREETING = "eC"
"""The desk phone was called and answers."""


def chime(notes: str, *, rate_hz: int, note_s: float = 0.22) -> Pcm:
    """Bell-like notes one after the other: c e g a C."""
    step = round(note_s * rate_hz)
    out = np.zeros(step * len(notes) + round(2 * _DECAY_S * rate_hz))
    for number, note in enumerate(notes):
        at_s = np.arange(len(out) - number * step) / rate_hz
        tone = sum(
            np.sin(2 * np.pi * _NOTES_HZ[note] * part * at_s) / part**2 for part in (1, 2, 3)
        ) * np.exp(-at_s / _DECAY_S)
        out[number * step :] += tone * np.minimum(1.0, at_s / 0.005)
    return _frames(out, rate_hz)


def murmur(syllables: int, *, rate_hz: int, seed: int) -> Pcm:
    """Vowels on a falling pitch with breaths between them: somebody speaks, nobody in particular."""
    dice = np.random.default_rng(seed)
    parts: list[NDArray[np.float64]] = []
    for number in range(syllables):
        pitch_hz = 150 - 40 * number / syllables + dice.uniform(-8, 8)
        parts.append(_vowel(_VOWELS_HZ[dice.integers(len(_VOWELS_HZ))], pitch_hz, rate_hz))
        parts.append(np.zeros(round(rate_hz * _PAUSE_S * dice.uniform(0.4, 2.5))))
    return _frames(np.concatenate(parts), rate_hz)


def _vowel(formants_hz: Sequence[int], pitch_hz: float, rate_hz: int) -> NDArray[np.float64]:
    """Harmonics of the pitch, each as strong as its nearest formant lets it be."""
    at_s = np.arange(round(_VOWEL_S * rate_hz)) / rate_hz
    shape = np.sin(np.pi * at_s / _VOWEL_S) ** 0.7
    harmonics_hz = np.arange(pitch_hz, 3400, pitch_hz)
    strength = sum(1 / (1 + ((harmonics_hz - formant) / 90) ** 2) for formant in formants_hz)
    waves = np.sin(2 * np.pi * np.outer(harmonics_hz, at_s))
    return np.asarray((strength @ waves) * shape, dtype=np.float64)


def _frames(wave: NDArray[np.float64], rate_hz: int) -> Pcm:
    frame = rate_hz // _FRAMES_PER_S
    whole = np.zeros(-(-len(wave) // frame) * frame)
    whole[: len(wave)] = wave / np.abs(wave).max() * _PEAK
    return whole.astype(np.int16)
