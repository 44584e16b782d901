"""Percentiles of what was measured, one set for each pair of leg kinds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sim.probe.judge import Hearing


class Kind(StrEnum):
    """Of a leg."""

    BROWSER = "browser"
    PHONE = "phone"
    RADIO = "radio"


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Nearest rank: each is a value that was measured. None when there is none."""

    p50: float | None
    p95: float | None
    p99: float | None
    count: int


def percentiles(values: Sequence[float]) -> Percentiles:
    """Of few values p95 and p99 are the largest one."""
    ordered = sorted(values)

    def rank(percent: int) -> float | None:
        return ordered[math.ceil(percent * len(ordered) / 100) - 1] if ordered else None

    return Percentiles(rank(50), rank(95), rank(99), len(ordered))


@dataclass(slots=True)
class Pair:
    """From one kind of leg to another; all times in milliseconds."""

    source: Kind
    sink: Kind
    talkspurts: int = 0
    access_ms: list[float] = field(default_factory=list)
    end_to_end_ms: list[float] = field(default_factory=list)
    first_second_ms: list[float] = field(default_factory=list)
    fifth_second_ms: list[float] = field(default_factory=list)
    late_entry_ms: list[float] = field(default_factory=list)
    head_frames_lost: int = 0
    tail_frames_lost: int = 0
    inside_frames_lost: int = 0
    never_told: int = 0
    """Presses after which the talker was not told that he may speak."""
    unheard: int = 0
    """Talkspurts of which nothing was heard; their frames count as lost at the head."""

    @property
    def mouth_to_ear_ms(self) -> list[float]:
        """Of both seconds."""
        return [*self.first_second_ms, *self.fifth_second_ms]

    def add(self, access_ms: float | None, hearing: Hearing) -> None:
        self.talkspurts += 1
        self.never_told += access_ms is None
        for values, value in (
            (self.access_ms, access_ms),
            (self.end_to_end_ms, hearing.end_to_end_ms),
            (self.first_second_ms, hearing.first_second_ms),
            (self.fifth_second_ms, hearing.fifth_second_ms),
        ):
            if value is not None:
                values.append(value)
        self.head_frames_lost += hearing.head_frames_lost
        self.tail_frames_lost += hearing.tail_frames_lost
        self.inside_frames_lost += hearing.inside_frames_lost
        self.unheard += not hearing.heard


@dataclass(slots=True)
class Figures:
    """Everything that one run measured."""

    pairs: dict[tuple[Kind, Kind], Pair]
    loss_percent: int = 0
    """Of what goes between the pages and the gateway, each way. Then only pages talk."""
    clock_error_ms: float = 0.0
    """The pages' clocks agree with the host's to this."""
    page_packets_lost: int = 0
    """Packets that never reached the listening page, by its own account."""
    jitter_buffer_ms: float = 0.0
    """How long the listening browser says that it keeps a sample (webrtc-stats), the mean of the run."""

    @classmethod
    def empty(cls, *, loss_percent: int = 0) -> "Figures":
        sources = [Kind.BROWSER] if loss_percent else list(Kind)
        pairs = {(source, sink): Pair(source, sink) for source in sources for sink in Kind}
        return cls(pairs, loss_percent)

    def __getitem__(self, kinds: tuple[Kind, Kind]) -> Pair:
        return self.pairs[kinds]
