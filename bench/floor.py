"""What one event of the floor costs the core, in a city of few rooms and of many, rounds alternated.

    python -m bench.floor --rooms 10,100,1000 --rounds 5

The inputs of ``sim.city`` (storms of presses, lost legs, a cut broker) go through the switchboard in virtual
time; CPU time of this process is divided by the inputs, deadlines included. No socket, no log, no media: the
core alone. There is no peer: no open arbiter of phones, radios and browsers was found to be measured beside.
"""

import gc
import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from bench.report import Spread
from gateway.core.switchboard import Switchboard
from gateway.model.inputs import Tick
from sim.city import City, Timed


@dataclass(frozen=True, slots=True)
class FloorRound:
    """One city's day. ``us`` of CPU an event; ``events`` with the deadlines that fell due."""

    rooms: int
    events: int
    effects: int
    us: float


def play(city: City) -> FloorRound:
    """Everybody comes (not measured), then the day goes by."""
    switchboard = Switchboard()
    _run(switchboard, city.arrive())
    day = list(city.day())
    gc.collect()
    began = time.process_time()
    events, effects = _run(switchboard, day)
    us = (time.process_time() - began) * 1e6 / events
    return FloorRound(city.rooms, events, effects, us)


def _run(switchboard: Switchboard, inputs: Iterable[Timed]) -> tuple[int, int]:
    events = effects = 0
    for at, what in inputs:
        while (due := switchboard.next_deadline()) is not None and due <= at:
            effects += len(switchboard.handle(Tick(), due))
            events += 1
        effects += len(switchboard.handle(what, at))
        events += 1
    return events, effects


def table(rounds: list[FloorRound]) -> str:
    """A Markdown table, one row a size of city."""
    rows = ["| rooms | legs | events | effects | CPU us an event: least, median, most |", "|---" * 5 + "|"]
    for rooms in sorted({one.rooms for one in rounds}):
        runs = [one for one in rounds if one.rooms == rooms]
        spread = Spread.of([one.us for one in runs]).text()
        rows.append(f"| {rooms} | {rooms * 10} | {runs[0].events} | {runs[0].effects} | {spread} |")
    return "\n".join(rows)


@click.command(help=__doc__)
@click.option("--rooms", default="10,100,1000", show_default=True, help="Sizes, comma-separated.")
@click.option("--rounds", type=click.IntRange(1, 100), default=5, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("target/bench"),
    help="Folder for floor.md and floor.json.",
)
def main(rooms: str, rounds: int, seed: int, out: Path) -> None:
    sizes = [int(size) for size in rooms.split(",")]
    done = [play(City(size, seed)) for _ in range(rounds) for size in sizes]
    text = table(done)
    out.mkdir(parents=True, exist_ok=True)
    (out / "floor.md").write_text(text + "\n")
    (out / "floor.json").write_text(json.dumps([asdict(one) for one in done], indent=1) + "\n")
    click.echo(text)


if __name__ == "__main__":
    main()
