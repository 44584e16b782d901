"""The floor's state diagram, drawn from the table that the floor runs on."""

from collections.abc import Iterable
from pathlib import Path

from gateway.core.floor import DISCARDED, TRANSITIONS, FloorState

_HEAD = """\
# The floor

Who may talk, drawn from the table that decides it (`gateway/core/floor.py`; words of 3GPP TS 24.380).
This page is made by `make docs`.
"""


def floor(_root: Path) -> str:
    """docs/reference/floor.md."""
    # Only changes of state are drawn; the table below has the rest.
    arrows = [
        f"    {state.value} --> {target.value} : {transition.label.partition(' (')[0]}"
        for (state, _), transition in TRANSITIONS.items()
        for target in transition.to
        if target is not state
    ]
    diagram = "```mermaid\nstateDiagram-v2\n" + "\n".join(arrows) + "\n```\n"
    states = "".join(f"- **{state.value}**: {_STATES[state]}\n" for state in FloorState)
    rows = [
        f"| {state.value} | {_words(what.__name__)} | {transition.label} | {_names(transition.to)} |"
        for (state, what), transition in TRANSITIONS.items()
    ]
    table = "| in | comes | what happens | then |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"
    late = sorted(f"{_words(what.__name__)} while {state.value}" for state, what in DISCARDED)
    rest = "\nWithout effect, because it is late news or already so: " + ", ".join(late) + ".\n"
    return f"{_HEAD}\n{states}\n{diagram}\n{table}{rest}"


_STATES = {
    FloorState.CLOSED: "the room is a conference; whoever may talk is heard",
    FloorState.IDLE: "nobody talks; the next request is granted",
    FloorState.TAKEN: "one participant talks; its gate is open, its limit runs",
}


def _names(states: Iterable[FloorState]) -> str:
    return ", ".join(state.value for state in states)


def _words(name: str) -> str:
    """``T2Expired`` -> ``T2 expired``, ``LegGone`` -> ``leg gone``."""
    spaced = "".join(f" {c.lower()}" if c.isupper() and i else c for i, c in enumerate(name))
    return spaced if spaced.startswith("T2") else spaced[0].lower() + spaced[1:]
