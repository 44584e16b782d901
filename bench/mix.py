"""A conference mixed by the gateway beside Janus AudioBridge, rounds alternated.

    python -m bench.mix --participants 40 --talkers 1,3 --rounds 3 --seconds 10

Plain RTP on loopback, Opus both ways, both mixes at 16 kHz. What participants get is listened to: a silent
one must hear every talker, a talker all others and not itself. Quote ratios, never percentages alone.
"""

import asyncio
import json
import sys
from dataclasses import asdict
from itertools import product
from pathlib import Path

import click

from bench.mix_round import MixLoad, MixRound, play
from bench.peers.janus_process import installed
from bench.peers.mixers import AudioBridge, Conference, Mixer
from bench.report import Spread
from bench.rtp_load import TALKERS_MAX, Rehearsed

Results = dict[tuple[MixLoad, str], list[MixRound]]


async def alternate(mixers: list[Mixer], loads: list[MixLoad], rounds: int, seconds: float) -> Results:
    """A B A B ... for every load, so that a slow spell of the machine meets both."""
    results: Results = {}
    rehearsed = Rehearsed.make()
    for load in loads:
        for number in range(rounds):
            for mixer in mixers:
                result = await play(mixer, load, rehearsed, seconds)
                results.setdefault((load, mixer.name), []).append(result)
                click.echo(f"round {number + 1}: {result}", err=True)
    return results


def table(results: Results) -> str:
    """A Markdown table, one row a program and load; then the ratios of neighbouring rounds."""
    columns = "load, program, CPU us a participant and second, % of a core, packets a second each got"
    columns += ", KiB a participant, threads, mixed right"
    rows = ["| " + columns.replace(", ", " | ") + " |", "|---" * (columns.count(", ") + 1) + "|"]
    for (load, program), runs in results.items():
        cells = [load.text(), program]
        cells += [
            Spread.of([run.cpu_us for run in runs]).text(0),
            Spread.of([run.cpu_percent for run in runs]).text(),
        ]
        cells += [Spread.of([run.packets_per_s for run in runs]).text()]
        cells += [Spread.of([run.memory_kib for run in runs]).text(0), str(max(run.threads for run in runs))]
        cells.append("yes" if all(run.mixed_right for run in runs) else "no")
        rows.append("| " + " | ".join(cells) + " |")
    for load in dict.fromkeys(load for load, _ in results):
        ours, theirs = (results.get((load, kind.name)) for kind in (Conference, AudioBridge))
        if ours and theirs:
            ratio = Spread.of([a.cpu_us / b.cpu_us for a, b in zip(ours, theirs, strict=True)])
            rows.append(f"\nCPU, {Conference.name} over {AudioBridge.name}, {load.text()}: {ratio.text(3)}")
    return "\n".join(rows)


@click.command(help=__doc__)
@click.option("--participants", default="40", help="A comma list.")
@click.option("--talkers", default="1,3", help=f"Who talk all the time, at most {TALKERS_MAX}; a comma list.")
@click.option("--rounds", default=3, help="Rounds a program and load.")
@click.option("--seconds", default=8.0, help="Seconds that are measured in a round.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("target/bench"),
    help="Folder for mix.md and mix.json.",
)
def main(participants: str, talkers: str, rounds: int, seconds: float, out: Path) -> None:
    mixers: list[Mixer] = [Conference()]
    if installed():
        mixers.append(AudioBridge())
    else:
        click.echo("janus is not installed (apt-get install janus): no ratio in this run", err=True)
    kinds = product(map(int, participants.split(",")), map(int, talkers.split(",")), (True, False))
    loads = [MixLoad(all_, some, silence) for all_, some, silence in kinds]
    results = asyncio.run(alternate(mixers, loads, rounds, seconds))
    text = table(results)
    out.mkdir(parents=True, exist_ok=True)
    (out / "mix.md").write_text(text + "\n")
    everything = [asdict(run) for runs in results.values() for run in runs]
    (out / "mix.json").write_text(json.dumps(everything, indent=1) + "\n")
    click.echo(text)
    if not all(
        run.mixed_right for (_, name), runs in results.items() for run in runs if name == Conference.name
    ):
        sys.exit("somebody did not hear the others, or heard itself")


if __name__ == "__main__":
    main()
