"""One talker to many listeners: the gateway beside Janus VideoRoom and LiveKit, rounds alternated.

    python -m bench.relay --listeners 40,200 --rounds 3 --seconds 5 --out target/bench

Real ICE, DTLS and SRTP on every leg; the listeners decrypt and count every packet. Traffic stays in
a network namespace of its own and ends by itself. Quote ratios, never microseconds alone.
"""

import asyncio
import sys
from pathlib import Path

import click

from bench import namespace
from bench.generator import BINARY
from bench.peers import janus_process, livekit_process
from bench.peers.crosspatch import Crosspatch
from bench.peers.face import Relay
from bench.peers.janus import Janus
from bench.peers.livekit import LiveKit
from bench.report import as_json, ratios, table
from bench.round import Round, play


async def alternate(
    programs: list[Relay], loads: list[int], rounds: int, seconds: float, pps: int, size: int
) -> dict[str, list[Round]]:
    """A B A B ... for every load, so that a slow spell of the machine meets both."""
    results: dict[str, list[Round]] = {}
    for listeners in loads:
        for number in range(rounds):
            for program in programs:
                result = await play(program, listeners, seconds, pps, size)
                results.setdefault(f"{program.name}, 1 to {listeners}", []).append(result)
                click.echo(f"round {number + 1}: {result}", err=True)
    return results


def peers() -> list[Relay]:
    """Who is there to be compared with."""
    found: list[Relay] = []
    if janus_process.installed():
        found.append(Janus())
    else:
        click.echo("janus is not installed (apt-get install janus): no ratio to it in this run", err=True)
    if livekit_process.installed():
        found.append(LiveKit())
    else:
        click.echo("livekit is not built (make livekit): no ratio to it in this run", err=True)
    return found


@click.command(help=__doc__)
@click.option("--listeners", default="40,200", help="Listeners of the one talker, a comma list.")
@click.option("--rounds", default=3, help="Rounds a program and load.")
@click.option("--seconds", default=5.0, help="Seconds of counted traffic a round.")
@click.option("--pps", default=50, help="Packets a second of the talker (Opus, 20 ms: 50).")
@click.option("--bytes", "size", default=100, help="Payload bytes a packet.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("target/bench"),
    help="Folder for relay.md and relay.json.",
)
def main(listeners: str, rounds: int, seconds: float, pps: int, size: int, out: Path) -> None:
    if not BINARY.exists():
        raise click.ClickException(f"{BINARY} is missing: run `make bench`, which builds it")
    programs = [Crosspatch(), *peers()]
    loads = [int(n) for n in listeners.split(",")]
    results = asyncio.run(alternate(programs, loads, rounds, seconds, pps, size))
    text = table(results)
    for n in loads:
        ours = results[f"{programs[0].name}, 1 to {n}"]
        for peer in programs[1:]:
            text += f"\n\nCPU a packet, {programs[0].name} over {peer.name}, 1 to {n}: "
            text += ratios(ours, results[f"{peer.name}, 1 to {n}"]).text(2)
    out.mkdir(parents=True, exist_ok=True)
    (out / "relay.md").write_text(text + "\n")
    (out / "relay.json").write_text(as_json(results) + "\n")
    click.echo(text)
    if any(r.lost for runs in results.values() for r in runs if r.program.startswith("Crosspatch")):
        sys.exit("packets were lost")


if __name__ == "__main__":
    namespace.enter("bench.relay")
    main()
