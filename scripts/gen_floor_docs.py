"""The state diagrams of the floor and of a radio's carrier, drawn from the tables that they run on."""

from collections.abc import Iterable, Sequence
from enum import Enum
from pathlib import Path

from gateway.core import carrier as carriers
from gateway.core import floor as floors
from gateway.core.carrier import CarrierState
from gateway.core.floor import FloorState

_HEAD = """\
# The floor

Who may talk, drawn from the table that decides it (`gateway/core/floor`; words of 3GPP TS 24.380).
This page is made by `make docs`.
"""


_CARRIER = """
## The carrier of a radio

When what a radio receives counts as somebody talking (`gateway/core/carrier.py`). While it counts, the radio
takes the floor and cannot be denied; in a conference its gate is open.
"""
_FLOOR_STATES = {
    FloorState.CLOSED: "the room is a conference; whoever may talk is heard",
    FloorState.IDLE: "nobody talks; the next request is granted",
    FloorState.TAKEN: "somebody talks, or as many as the room lets; each has its own gate and its own limit",
}
_CARRIER_STATES = {
    CarrierState.CLOSED: "nobody talks on the air",
    CarrierState.OPEN: "somebody talks on the air, and counts",
    CarrierState.HANGING: "it has just closed and still counts",
    CarrierState.GATED: "it is open and does not count: the channel transmits, or did a moment ago",
    CarrierState.SPENT: "it is open and counts no more: its talk limit ran out",
    CarrierState.PROVING: "it is open and counts when it has lasted: the last ones were kerchunks",
}


_Row = tuple[Enum, type, str, Sequence[Enum]]
"""In what state comes which input, what happens, where it ends."""


def floor(_root: Path) -> str:
    """docs/reference/floor.md."""
    rows: list[_Row] = [(at, what, t.label, t.to) for (at, what), t in floors.TRANSITIONS.items()]
    asked = _machine(rows, floors.DISCARDED, _FLOOR_STATES.items())
    rows = [(at, what, t.label, t.to) for (at, what), t in carriers.TRANSITIONS.items()]
    heard = _machine(rows, carriers.DISCARDED, _CARRIER_STATES.items())
    return f"{_HEAD}\n{asked}{_CARRIER}\n{heard}"


def _machine(
    rows: Sequence[_Row], discarded: Iterable[tuple[Enum, type]], meaning: Iterable[tuple[Enum, str]]
) -> str:
    # Only changes of state are drawn; the table below has the rest.
    arrows = [
        f"    {at.value} --> {target.value} : {label.partition(' (')[0].replace(':', ',')}"
        for at, _, label, to in rows
        for target in to
        if target is not at
    ]
    diagram = "```mermaid\nstateDiagram-v2\n" + "\n".join(arrows) + "\n```\n"
    states = "".join(f"- **{state.value}**: {text}\n" for state, text in meaning)
    lines = [
        f"| {at.value} | {_words(what.__name__)} | {label} | {_names(to)} |" for at, what, label, to in rows
    ]
    table = "| in | comes | what happens | then |\n|---|---|---|---|\n" + "\n".join(lines) + "\n"
    late = sorted(f"{_words(what.__name__)} while {state.value}" for state, what in discarded)
    rest = "\nWithout effect, because it is late news or already so: " + ", ".join(late) + ".\n"
    return f"{states}\n{diagram}\n{table}{rest}"


def _names(states: Iterable[Enum]) -> str:
    return ", ".join(state.value for state in states)


def _words(name: str) -> str:
    """``LegGone`` -> ``leg gone``."""
    spaced = "".join(f" {c.lower()}" if c.isupper() and i else c for i, c in enumerate(name))
    return spaced[0].lower() + spaced[1:]
