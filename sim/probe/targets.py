"""What is wanted of a local network (DESIGN section 6), and whether it was reached."""

from collections.abc import Iterator
from dataclasses import dataclass

from sim.probe.figures import Figures, Kind, Pair, percentiles

ACCESS_MS = 60.0
END_TO_END_MS = 400.0
MOUTH_TO_EAR_MS = 150.0
LATE_ENTRY_MS = 100.0
LOSSY_ACCESS_MS, LOSSY_ACCESS_P99_MS, LOSSY_ACCESS_LONGEST_MS = 200.0, 400.0, 700.0
"""Where the network of the page loses one packet in twenty; for the longest no talker waits."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One target of one pair. ``value`` None: it was not measured, or not each time, which is a miss."""

    pair: Pair
    what: str
    value: float | None
    most: float

    @property
    def passed(self) -> bool:
        return self.value is not None and self.value <= self.most


def verdicts(figures: Figures) -> Iterator[Verdict]:
    """Times at p95; of the frames at head and tail none may be missing."""
    for pair in figures.pairs.values():
        told = [] if pair.never_told else pair.access_ms
        access = percentiles(told)
        if figures.loss_percent:
            yield Verdict(pair, "access", access.p95, LOSSY_ACCESS_MS)
            yield Verdict(pair, "access p99", access.p99, LOSSY_ACCESS_P99_MS)
            yield Verdict(pair, "longest access", max(told, default=None), LOSSY_ACCESS_LONGEST_MS)
            continue
        yield Verdict(pair, "access", access.p95, ACCESS_MS)
        yield Verdict(pair, "end-to-end", percentiles(pair.end_to_end_ms).p95, END_TO_END_MS)
        if (pair.source, pair.sink) == (Kind.BROWSER, Kind.BROWSER):
            yield Verdict(pair, "mouth-to-ear", percentiles(pair.mouth_to_ear_ms).p95, MOUTH_TO_EAR_MS)
        yield Verdict(pair, "late entry", percentiles(pair.late_entry_ms).p95, LATE_ENTRY_MS)
        yield Verdict(pair, "head", pair.head_frames_lost if pair.talkspurts else None, 0)
        yield Verdict(pair, "tail", pair.tail_frames_lost if pair.talkspurts else None, 0)
