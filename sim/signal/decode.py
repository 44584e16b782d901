"""Read the numbered signal back from played PCM of unknown alignment.

Three passes. ``spectrum`` measures, every 2.5 ms, how much of a 10 ms window is explained by the best
tone pair. Hops that agree are joined to runs, one a frame. The runs are then numbered: the pair repeats
every ``CYCLE`` frames, so each run takes the index nearest to where the time since the last frames says
the signal must be; this holds as long as the player's clock and the sender's do not part by more than
half a cycle (1.5 s) between two frames heard. A hole of up to ``_CLOSER_LOOK_FRAMES`` is looked at once
more with a short window, because a jitter buffer may have squeezed a frame below the 10 ms.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np
from numpy.typing import NDArray

from sim.signal.encode import Pcm
from sim.signal.report import Delay, Gap, Heard
from sim.signal.spectrum import HOP_MS, Spectrum, measure, presence
from sim.signal.tones import CYCLE, FRAME_MS, high_place, low_place

_LEAST_PURITY = 0.6
"""Of a window's energy, explained by one tone pair. The signal through Opus at 24 kb/s: > 0.8 inside a
frame; white noise: < 0.35."""

_LEAST_POWER = 0.03
"""Of the power that frames typically have (-15 dB): a codec rings on below that after the last frame."""

_LEAST_HOPS = 2
"""Shorter runs are the meeting of two frames, read as a third."""

_HELD_MS = 36.0
"""A run this long is more than one frame: time stretching adds at most 15 ms at a time."""

_TIME_BASE_FRAMES = 5
"""The median offset of the last frames is the time base: one frame misread does not carry it off."""

_CONCEALED_MS = 40.0
"""Two runs further apart than this are two events."""

_EARLY_FRAMES = 3.0
"""Two clocks agree to that."""

_SOONER_FRAMES, _LATER_FRAMES = 10.0, 30.0
"""Than most: a frame further off is none of the talkspurt. The head of one comes up to 500 ms late."""

_CLOSER_LOOK_FRAMES = 2
_LEAST_PRESENCE = 0.25
"""Of the power a full tone has: a squeezed frame of 5 ms reaches 0.4, the click of a cut 0.05."""


@dataclass(slots=True)
class _Run:
    """Consecutive hops that read the same residue; times are the middles of the outer windows."""

    residue: int
    begin_ms: float
    end_ms: float

    @property
    def middle_ms(self) -> float:
        return (self.begin_ms + self.end_ms) / 2

    @property
    def length_ms(self) -> float:
        return self.end_ms - self.begin_ms + HOP_MS


@dataclass(frozen=True, slots=True)
class Frame:
    """One index, each time it was heard."""

    index: int
    at_ms: float
    """Middle of the frame in the recording."""


def decode(pcm: Pcm, rate_hz: int, *, sent_at_ms: float | None = None, near: int = 0) -> Heard:
    """Judge one recording.

    ``sent_at_ms``: when the first sample of index 0 was handed to the sender, in the time of the
    recording (its first sample is 0); gives ``Heard.delay`` and settles the first index whatever it is.
    ``near``: without it, the first index is taken from ``near`` .. ``near + CYCLE - 1``.
    """
    spectrum = measure(pcm, rate_hz)
    runs = _runs(spectrum)
    frames, duplicates = _number(runs, sent_at_ms, near)
    squeezed = _squeezed(pcm, rate_hz, frames, spectrum)
    heard = {frame.index for frame in frames} | squeezed
    inside = _inside(runs, spectrum)
    return Heard(
        first=min(heard, default=None),
        last=max(heard, default=None),
        frames=len(heard),
        gaps=_gaps(heard),
        duplicates=tuple(duplicates),
        order_errors=tuple(
            (before.index, after.index) for before, after in pairwise(frames) if after.index < before.index
        ),
        squeezed=len(squeezed),
        level_dbov=_level_dbov(spectrum, inside),
        silent_ms=HOP_MS * float(spectrum.silent.sum()),
        unclear_ms=HOP_MS * float((~spectrum.silent & ~inside).sum()),
        delay=_delay(frames, sent_at_ms),
    )


def placed(pcm: Pcm, rate_hz: int, since_ms: Callable[[float], float]) -> dict[int, float]:
    """Where each index was first heard (the middle of its frame, ms), for whoever knows when that was played.

    ``since_ms``: of a place in the recording (ms), how long before it was played index 0 was sent. Each run
    is numbered by itself, so that a sound that is no frame carries off no other: none is heard before it was
    sent nor three seconds later, and those whose delay is not like most others' are left out.
    """
    spectrum = measure(pcm, rate_hz)
    late: list[tuple[float, Frame]] = []
    for run in _runs(spectrum):
        sent = since_ms(run.middle_ms) / FRAME_MS - 0.5
        behind = (sent - run.residue + _EARLY_FRAMES) % CYCLE - _EARLY_FRAMES
        late.append((behind, Frame(round(sent - behind), run.middle_ms)))
    usual = median(behind for behind, _ in late) if late else 0.0
    frames = [frame for behind, frame in late if -_SOONER_FRAMES <= behind - usual <= _LATER_FRAMES]
    found: dict[int, float] = {}
    for frame in frames:
        found.setdefault(frame.index, frame.at_ms)
    for before, after in pairwise(frames):
        for index in _squeezed(pcm, rate_hz, [before, after], spectrum):
            found.setdefault(index, (before.at_ms + after.at_ms) / 2)
    return found


def _runs(spectrum: Spectrum) -> list[_Run]:
    loud = spectrum.power >= _LEAST_POWER * 2 * spectrum.tone_power
    clear = ~spectrum.silent & loud & (spectrum.purity >= _LEAST_PURITY)
    runs: list[_Run] = []
    hops = 0
    for hop in np.flatnonzero(clear):
        residue, at_ms = int(spectrum.residue[hop]), float(spectrum.at_ms[hop])
        last = runs[-1] if runs else None
        if last is not None and last.residue == residue and at_ms - last.end_ms <= 2 * HOP_MS:
            last.end_ms = at_ms
            hops += 1
            continue
        if hops < _LEAST_HOPS and runs:
            runs.pop()
        runs.append(_Run(residue, at_ms, at_ms))
        hops = 1
    if hops < _LEAST_HOPS and runs:
        runs.pop()
    return _unbent(runs)


def _unbent(runs: list[_Run]) -> list[_Run]:
    """Join to a frame the runs into which concealment has bent it.

    A jitter buffer that has run dry repeats the last pitch period, whose length is a whole number of
    samples: one of the tones may come out at its neighbour's place. Frames that follow each other never
    lie so close, because both tones hop.
    """
    straight: list[_Run] = []
    for run in runs:
        last = straight[-1] if straight else None
        if (
            last is not None
            and run.begin_ms - last.end_ms <= _CONCEALED_MS
            and _is_bent(last.residue, run.residue)
        ):
            last.end_ms = run.end_ms
        else:
            straight.append(run)
    return straight


def _is_bent(before: int, after: int) -> bool:
    low = abs(low_place(before) - low_place(after))
    high = abs(high_place(before) - high_place(after))
    return low + high <= 1


def _number(runs: list[_Run], sent_at_ms: float | None, near: int) -> tuple[list[Frame], list[int]]:
    """Unwrap the runs' residues; also the extra times an index was heard."""
    frames: list[Frame] = []
    duplicates: list[int] = []
    offsets: deque[float] = deque(maxlen=_TIME_BASE_FRAMES)
    seen: set[int] = set()
    for run in runs:
        if offsets:
            expected = run.middle_ms / FRAME_MS + median(offsets)
        elif sent_at_ms is not None:
            expected = (run.middle_ms - sent_at_ms) / FRAME_MS
        else:
            expected = near + (CYCLE - 1) / 2
        index = run.residue + CYCLE * round((expected - run.residue) / CYCLE)
        held = round(run.length_ms / FRAME_MS) - 1 if run.length_ms >= _HELD_MS else 0
        duplicates += [index] * (held + (index in seen))
        seen.add(index)
        # Of a held frame the last 20 ms count: the next index is expected 20 ms after them.
        at_ms = run.end_ms - FRAME_MS / 2 if held else run.middle_ms
        offsets.append(index - at_ms / FRAME_MS)
        frames.append(Frame(index, at_ms))
    return frames, duplicates


def _squeezed(pcm: Pcm, rate_hz: int, frames: list[Frame], spectrum: Spectrum) -> set[int]:
    """Indexes in short holes whose tones are there all the same, for a few milliseconds."""
    found: set[int] = set()
    for before, after in pairwise(frames):
        missing = range(before.index + 1, after.index)
        if 0 < len(missing) <= _CLOSER_LOOK_FRAMES:
            power = presence(pcm, rate_hz, before.at_ms, after.at_ms, missing)
            found |= {index for index, part in power.items() if part >= _LEAST_PRESENCE * spectrum.tone_power}
    return found


def _gaps(heard: set[int]) -> tuple[Gap, ...]:
    indexes = sorted(heard)
    return tuple(Gap(before + 1, after - 1) for before, after in pairwise(indexes) if after > before + 1)


def _inside(runs: list[_Run], spectrum: Spectrum) -> NDArray[np.bool_]:
    """Hops within or at the edge of a frame that was read."""
    inside = np.zeros(len(spectrum.at_ms), dtype=np.bool_)
    for run in runs:
        inside |= (spectrum.at_ms >= run.begin_ms - FRAME_MS / 2) & (
            spectrum.at_ms <= run.end_ms + FRAME_MS / 2
        )
    return inside


def _level_dbov(spectrum: Spectrum, inside: NDArray[np.bool_]) -> float:
    power = float(spectrum.power[inside].mean()) if inside.any() else 0.0
    return 10 * float(np.log10(power)) if power > 0 else float("-inf")


def _delay(frames: list[Frame], sent_at_ms: float | None) -> Delay | None:
    if sent_at_ms is None or not frames:
        return None
    late = np.array([frame.at_ms - sent_at_ms - (frame.index + 0.5) * FRAME_MS for frame in frames])
    return Delay(float(late.min()), float(np.median(late)), float(late.max()))
