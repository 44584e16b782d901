"""Rounds to rows: medians with their spread, ratios round by round."""

import json
from dataclasses import asdict, dataclass
from statistics import median

from bench.round import Round


@dataclass(frozen=True, slots=True)
class Spread:
    """Least, median, most over the rounds."""

    least: float
    median: float
    most: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        return cls(min(values), median(values), max(values))

    def text(self, digits: int = 1) -> str:
        return f"{self.least:.{digits}f} / **{self.median:.{digits}f}** / {self.most:.{digits}f}"


def ratios(ours: list[Round], theirs: list[Round]) -> Spread:
    """CPU per packet of ours over theirs, pairing the rounds that ran next to each other."""
    return Spread.of([a.cpu_us_per_packet / b.cpu_us_per_packet for a, b in zip(ours, theirs, strict=True)])


def table(rounds: dict[str, list[Round]]) -> str:
    """A Markdown table, one row a program and load."""
    rows = [
        "| program | listeners | packets | lost | CPU us a packet | KiB a listener | to first packet, ms |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, runs in rounds.items():
        rows.append(
            f"| {name} | {runs[0].listeners} "
            f"| {sum(r.delivered for r in runs)} | {sum(r.lost for r in runs)} "
            f"| {Spread.of([r.cpu_us_per_packet for r in runs]).text()} "
            f"| {Spread.of([r.memory_kib_per_listener for r in runs]).text(0)} "
            f"| {Spread.of([r.first_packet_ms for r in runs]).text()} |"
        )
    return "\n".join(rows)


def as_json(rounds: dict[str, list[Round]]) -> str:
    return json.dumps({name: [asdict(r) for r in runs] for name, runs in rounds.items()}, indent=1)
