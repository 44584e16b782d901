"""The figures as a table for people and as JSON for programs."""

from collections.abc import Sequence
from typing import Any

from sim.probe.figures import Figures, Pair, Percentiles, percentiles
from sim.probe.targets import Verdict, verdicts

_COLUMNS = ("access", "end-to-end", "mouth-to-ear 1st s", "mouth-to-ear 5th s", "late entry")
_PAIR_WIDTH, _CELL_WIDTH = 20, 20


def document(figures: Figures) -> dict[str, Any]:
    """``crosspatch probe --json``. Times in milliseconds; null where nothing was measured."""
    return {
        "clock_error_ms": round(figures.clock_error_ms, 2),
        "jitter_buffer_ms": round(figures.jitter_buffer_ms, 1),
        "page_packets_lost": figures.page_packets_lost,
        "loss_percent": figures.loss_percent,
        "pairs": [_row(pair) for pair in figures.pairs.values()],
        "targets": [
            {
                "from": verdict.pair.source.value,
                "to": verdict.pair.sink.value,
                "what": verdict.what,
                "value": _rounded(verdict.value),
                "most": verdict.most,
                "passed": verdict.passed,
            }
            for verdict in verdicts(figures)
        ],
    }


def text(figures: Figures) -> str:
    """One row a pair, p50/p95/p99; then every target that was missed."""
    judged = list(verdicts(figures))
    head = "from -> to".ljust(_PAIR_WIDTH) + "".join(name.ljust(_CELL_WIDTH) for name in _COLUMNS)
    lines = [f"{head}lost head/inside/tail"]
    lines += [_line(pair, [one for one in judged if one.pair is pair]) for pair in figures.pairs.values()]
    missed = [one for one in judged if not one.passed]
    lines += [
        "",
        "p50/p95/p99 in ms; of frames of 20 ms the sum; + reached, ! missed (p95, or a frame lost)",
        f"targets: {len(judged) - len(missed)} of {len(judged)} reached",
        *(_missed(one) for one in missed),
        _instruments(figures),
    ]
    return "\n".join(lines)


def _line(pair: Pair, judged: Sequence[Verdict]) -> str:
    marks = {one.what: "+" if one.passed else "!" for one in judged}
    cells = (
        _cell(pair.access_ms) + marks.get("access", ""),
        _cell(pair.end_to_end_ms) + marks.get("end-to-end", ""),
        _cell(pair.first_second_ms) + marks.get("mouth-to-ear", ""),
        _cell(pair.fifth_second_ms) + marks.get("mouth-to-ear", ""),
        _cell(pair.late_entry_ms) + marks.get("late entry", ""),
    )
    head, tail = (
        f"{pair.head_frames_lost}{marks.get('head', '')}",
        f"{pair.tail_frames_lost}{marks.get('tail', '')}",
    )
    lost = f"{head}/{pair.inside_frames_lost}/{tail}"
    if pair.never_told:
        lost += f" ({pair.never_told} never told)"
    if pair.unheard:
        lost += f" ({pair.unheard} unheard)"
    name = f"{pair.source} -> {pair.sink}".ljust(_PAIR_WIDTH)
    return name + "".join(cell.ljust(_CELL_WIDTH) for cell in cells) + lost


def _instruments(figures: Figures) -> str:
    return (
        f"clocks of the pages: known to {figures.clock_error_ms:.1f} ms; jitter buffer of the listening page,"
        f" by its own account: {figures.jitter_buffer_ms:.0f} ms; packets that never reached it:"
        f" {figures.page_packets_lost}"
    )


def _cell(values: Sequence[float]) -> str:
    found = percentiles(values)
    ranks = (found.p50, found.p95, found.p99)
    return "/".join("-" if value is None else f"{value:.0f}" for value in ranks)


def _missed(verdict: Verdict) -> str:
    found = "nothing measured" if verdict.value is None else f"{verdict.value:.0f}"
    return (
        f"  {verdict.pair.source} -> {verdict.pair.sink}, {verdict.what}: {found}, at most {verdict.most:.0f}"
    )


def _row(pair: Pair) -> dict[str, Any]:
    return {
        "from": pair.source.value,
        "to": pair.sink.value,
        "talkspurts": pair.talkspurts,
        "never_told": pair.never_told,
        "unheard": pair.unheard,
        "access_ms": _percentiles(pair.access_ms),
        "end_to_end_ms": _percentiles(pair.end_to_end_ms),
        "mouth_to_ear_ms": _percentiles(pair.mouth_to_ear_ms),
        "mouth_to_ear_first_second_ms": _percentiles(pair.first_second_ms),
        "mouth_to_ear_fifth_second_ms": _percentiles(pair.fifth_second_ms),
        "late_entry_ms": _percentiles(pair.late_entry_ms),
        "head_frames_lost": pair.head_frames_lost,
        "inside_frames_lost": pair.inside_frames_lost,
        "tail_frames_lost": pair.tail_frames_lost,
    }


def _percentiles(values: Sequence[float]) -> dict[str, float | int | None]:
    found: Percentiles = percentiles(values)
    return {
        "p50": _rounded(found.p50),
        "p95": _rounded(found.p95),
        "p99": _rounded(found.p99),
        "count": found.count,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
