"""Calls by SIPp into a room of the gateway: failed, left over, CPU and memory a call.

    python -m bench.sip_calls --transports udp,tcp,tls --rates 100,400 --rounds 2

Every call is challenged and proves who it is (RFC 3261 section 22), joins a conference with its media ports
open, is held and hangs up. All on loopback; the calls are counted and end by themselves.
"""

import asyncio
import json
import sys
from dataclasses import asdict
from itertools import product
from pathlib import Path

import click

from bench.call_round import CallRound, load_of, play
from bench.report import Spread
from bench.sipp import installed

Results = dict[str, list[CallRound]]


async def alternate(
    transports: list[str], rates: list[float], rounds: int, calls: int, at_once: int
) -> Results:
    """A B C A B C ..., so that a slow spell of the machine meets all."""
    results: Results = {}
    for number in range(rounds):
        for transport, per_s in product(transports, rates):
            result = await play(load_of(transport, per_s, calls, at_once))
            results.setdefault(f"{transport}, {per_s:g} a second", []).append(result)
            click.echo(f"round {number + 1}: {result}", err=True)
    return results


def table(results: Results) -> str:
    """A Markdown table, one row a transport and rate; CPU and memory as least / median / most."""
    columns = (
        "calls, calls in all, failed, left over, at once, set up ms (mean), CPU ms a call, of it SIP thread"
    )
    columns += ", event loop, shards, KiB a call held"
    rows = ["| " + columns.replace(", ", " | ") + " |", "|---" * (columns.count(", ") + 1) + "|"]
    for name, runs in results.items():
        left = "; ".join(filter(None, (run.left for run in runs))) or "nothing"
        figures = [
            Spread.of([run.setup_ms for run in runs]).text(),
            *(
                Spread.of([getattr(run, part) for run in runs]).text(2)
                for part in ("cpu_ms", "sip_ms", "python_ms", "media_ms")
            ),
            Spread.of([run.memory_kib for run in runs]).text(0),
        ]
        counts = [sum(run.calls for run in runs), sum(run.failed for run in runs), left]
        counts.append(min(run.at_once for run in runs))
        rows.append(f"| {name} | " + " | ".join(str(cell) for cell in (*counts, *figures)) + " |")
    return "\n".join(rows)


@click.command(help=__doc__)
@click.option("--transports", default="udp,tcp,tls", help="Of udp, tcp, tcp-each, tls; a comma list.")
@click.option("--rates", default="100,400", help="Calls a second, a comma list.")
@click.option("--calls", default=2500, help="Calls a round.")
@click.option("--at-once", default=500, help="Calls that are up together.")
@click.option("--rounds", default=2, help="Rounds a transport and rate.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("target/bench"),
    help="Folder for sip_calls.md and sip_calls.json.",
)
def main(transports: str, rates: str, calls: int, at_once: int, rounds: int, out: Path) -> None:
    if not installed():
        raise click.ClickException("sipp is not installed (apt-get install sip-tester)")
    kinds, numbers = transports.split(","), [float(rate) for rate in rates.split(",")]
    results = asyncio.run(alternate(kinds, numbers, rounds, calls, at_once))
    text = table(results)
    out.mkdir(parents=True, exist_ok=True)
    (out / "sip_calls.md").write_text(text + "\n")
    everything = {name: [asdict(run) for run in runs] for name, runs in results.items()}
    (out / "sip_calls.json").write_text(json.dumps(everything, indent=1) + "\n")
    click.echo(text)
    if any(run.failed or run.left for runs in results.values() for run in runs):
        sys.exit("calls failed, or left something behind")


if __name__ == "__main__":
    main()
