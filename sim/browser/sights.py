"""What a page presented, frame by frame, and how a record of it is judged."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

SCREEN_BIT = 0x80
"""What a screen's source number has beside its camera's."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One frame that a tile presented."""

    at_ms: float
    """Wall time."""
    slot: int
    number: int
    """As burnt in; -1: none, or damaged by the coder."""
    source: int
    shown: bool
    """The page let it be seen."""
    leg: str
    """Whose the page said it was; empty: nobody's."""
    kind: str
    height: int
    """Lines of the picture as it was sent."""


@dataclass(frozen=True, slots=True)
class Freeze:
    """A slot with one picture, and no new frame of it for a while."""

    slot: int
    leg: str
    from_ms: float
    to_ms: float


@dataclass(frozen=True, slots=True)
class Record:
    """What one page presented, and how its own camera was encoded meanwhile."""

    sights: tuple[Sight, ...]
    encoded: tuple[tuple[float, int], ...]
    """Wall time in ms, frames encoded since the transport began."""
    received: tuple[tuple[float, int, int], ...]
    """Wall time in ms, slot, whole frames received in it since the transport began."""

    def wrong(self, sources: Mapping[tuple[str, str], int]) -> list[Sight]:
        """Frames shown under a name that is not theirs. ``sources``: burnt-in source by leg and kind."""
        return [
            sight
            for sight in self.sights
            if sight.shown and sight.source >= 0 and sources.get((sight.leg, sight.kind)) != sight.source
        ]

    def of(self, leg: str, kind: str = "camera") -> list[Sight]:
        """Readable frames shown as this picture."""
        return [s for s in self.sights if s.shown and s.source >= 0 and (s.leg, s.kind) == (leg, kind)]

    def falling(self) -> list[tuple[Sight, Sight]]:
        """Neighbours in a slot, of one source, the later with the lower number.

        A sender that is asked for a keyframe may encode its last picture again: equal ones are no fault.
        """
        newest: dict[tuple[int, int], Sight] = {}
        found = []
        for sight in self.sights:
            if sight.source < 0:
                continue
            before = newest.get((sight.slot, sight.source))
            if before is not None and (sight.number - before.number) & 0xFFFF >= 0x8000:
                found.append((before, sight))
            newest[sight.slot, sight.source] = sight
        return found

    def freezes(self, longer_than_ms: float) -> list[Freeze]:
        """Where a tile stood still longer than this between two frames of one picture."""
        newest: dict[int, Sight] = {}
        found = []
        for sight in self.sights:
            before = newest.get(sight.slot)
            newest[sight.slot] = sight
            if before is None or (before.leg, before.kind) != (sight.leg, sight.kind) or not sight.shown:
                continue
            if sight.at_ms - before.at_ms > longer_than_ms:
                found.append(Freeze(sight.slot, sight.leg, before.at_ms, sight.at_ms))
        return found

    def encoder_paused(self, freeze: Freeze, *, slack_ms: float) -> bool:
        """This page's encoder made nothing for about as long as the freeze lasted, up to then."""
        longest, since, frames = 0.0, freeze.from_ms - slack_ms, -1
        for at_ms, count in self.encoded:
            if freeze.from_ms - slack_ms <= at_ms <= freeze.to_ms:
                if count != frames:
                    since, frames = at_ms, count
                longest = max(longest, at_ms - since)
        return longest >= freeze.to_ms - freeze.from_ms - slack_ms

    def withheld(self, senders: Mapping[str, "Record"], longer_than_ms: float) -> list[Freeze]:
        """Where a slot of one picture had not received, so long after, what the sender's encoder had made.

        Of the way between two pages only, not of what the viewer's page draws late. ``senders``: by leg.
        """
        found = []
        for slot, leg in {sight.slot: sight.leg for sight in self.sights if sight.shown}.items():
            for from_ms, to_ms in _stretches([(at, count) for at, of, count in self.received if of == slot]):
                due = [n for at, n in senders[leg].encoded if from_ms <= at <= to_ms - longer_than_ms]
                if due and due[-1] > due[0]:
                    found.append(Freeze(slot, leg, from_ms, to_ms))
        return found


def _stretches(counts: Sequence[tuple[float, int]]) -> Iterator[tuple[float, float]]:
    """From when to when a count stood still."""
    for _, standing in groupby(counts, key=itemgetter(1)):
        times = [at_ms for at_ms, _ in standing]
        yield times[0], times[-1]
