"""Find a talkspurt in what an ear got: how late each of its frames was, and which are missing."""

from dataclasses import dataclass
from statistics import median

from sim.probe.take import Spurt, Take
from sim.signal.decode import placed
from sim.signal.tones import FRAME_MS

_FRAMES_A_SECOND = 1000 // FRAME_MS
_LEAST_FRAMES = 5
"""Fewer are clicks and noise that look like some."""
_FIRST_SECOND = range(_FRAMES_A_SECOND)
_FIFTH_SECOND = range(4 * _FRAMES_A_SECOND, 5 * _FRAMES_A_SECOND)


@dataclass(frozen=True, slots=True)
class Hearing:
    """One talkspurt at one ear. None: it was not heard, so there is nothing to time."""

    end_to_end_ms: float | None
    """From the press to the first voice."""
    first_second_ms: float | None
    """Mouth to ear, the median of the frames that were spoken in the talkspurt's first second."""
    fifth_second_ms: float | None
    head_frames_lost: int
    """Before the first one heard; all of them when none was."""
    tail_frames_lost: int
    inside_frames_lost: int

    @property
    def heard(self) -> bool:
        return self.end_to_end_ms is not None


def judge(spurt: Spurt, take: Take) -> Hearing:
    """A take without the signal is a talkspurt that was lost whole."""
    at_ms = {
        index - spurt.first: middle_ms - FRAME_MS / 2
        for index, middle_ms in _placed(spurt, take).items()
        if spurt.first <= index < spurt.first + spurt.frames
    }
    if len(at_ms) < _LEAST_FRAMES:
        return _unheard(spurt)
    late_ms = {
        number: (take.time_of(place) - spurt.voice_s) * 1000 - number * FRAME_MS
        for number, place in at_ms.items()
    }
    began_s = take.time_of(at_ms[min(at_ms)])
    return Hearing(
        end_to_end_ms=(began_s - spurt.pressed_s) * 1000,
        first_second_ms=_median(late_ms, _FIRST_SECOND),
        fifth_second_ms=_median(late_ms, _FIFTH_SECOND),
        head_frames_lost=min(at_ms),
        tail_frames_lost=spurt.frames - 1 - max(at_ms),
        inside_frames_lost=max(at_ms) - min(at_ms) + 1 - len(at_ms),
    )


def entered(spurt: Spurt, up_s: float, take: Take) -> float | None:
    """Milliseconds from a joiner's media to the first of the running talkspurt that it heard."""
    places_ms = _placed(spurt, take).values()
    if len(places_ms) < _LEAST_FRAMES:
        return None
    return (take.time_of(min(places_ms) - FRAME_MS / 2) - up_s) * 1000


def _placed(spurt: Spurt, take: Take) -> dict[int, float]:
    """By the times at which the blocks came: a recording of a radio has no holes where frames are missing."""
    spoken_s = spurt.voice_s - spurt.first * FRAME_MS / 1000
    return placed(take.pcm, take.rate_hz, lambda place_ms: (take.time_of(place_ms) - spoken_s) * 1000)


def _median(late_ms: dict[int, float], of: range) -> float | None:
    values = [late_ms[number] for number in of if number in late_ms]
    return median(values) if values else None


def _unheard(spurt: Spurt) -> Hearing:
    return Hearing(None, None, None, spurt.frames, 0, 0)
