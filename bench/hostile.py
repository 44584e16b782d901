"""Floods beside one talker and its listeners: what they cost everybody else.

    python -m bench.hostile --listeners 40 --rounds 3 --seconds 3 --out target/bench

A hundred times a publisher's packets, replays, forged SSRCs and receiver reports, each in a run of the
gateway of its own, in a network namespace of its own; it ends by itself.
"""

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from bench import namespace
from bench.hostile_round import ALLOWED_PPS, Flooded, flooded
from bench.report import Spread

FLOODS = {
    "voice": "100 times its packets, another room",
    "replay": "SRTP replays",
    "forged": "forged SSRCs",
    "reports": "RTCP that nobody sealed",
}
TIMES = 100


def table(rounds: dict[str, list[Flooded]]) -> str:
    """A Markdown table, one row a flood."""
    rows = [
        "| flood | datagrams | refused | lost | CPU us a packet, quiet | beside it | CPU us a datagram |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind, runs in rounds.items():
        figures = (
            [r.quiet_us_per_packet for r in runs],
            [r.flooded_us_per_packet for r in runs],
            [r.us_per_datagram for r in runs],
        )
        cells = [str(sum(r.sent for r in runs)), str(sum(r.refused for r in runs))]
        cells += [str(sum(r.lost for r in runs)), *(Spread.of(values).text() for values in figures)]
        rows.append(f"| {FLOODS[kind]} | {' | '.join(cells)} |")
    return "\n".join(rows)


async def measure(listeners: int, rounds: int, seconds: float) -> dict[str, list[Flooded]]:
    results: dict[str, list[Flooded]] = {kind: [] for kind in FLOODS}
    for number in range(rounds):
        for kind, runs in results.items():
            runs.append(await flooded(kind, listeners, seconds, TIMES * ALLOWED_PPS))
            click.echo(f"round {number + 1}: {runs[-1]}", err=True)
    return results


@click.command(help=__doc__)
@click.option("--listeners", default=40, help="Listeners of the one talker.")
@click.option("--rounds", default=3, help="Rounds a flood.")
@click.option("--seconds", default=3.0, help="Seconds without and with the flood.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("target/bench"),
    help="Folder for hostile.md and hostile.json.",
)
def main(listeners: int, rounds: int, seconds: float, out: Path) -> None:
    results = asyncio.run(measure(listeners, rounds, seconds))
    text = table(results)
    out.mkdir(parents=True, exist_ok=True)
    (out / "hostile.md").write_text(text + "\n")
    figures = {kind: [asdict(r) for r in runs] for kind, runs in results.items()}
    (out / "hostile.json").write_text(json.dumps(figures, indent=1) + "\n")
    click.echo(text)
    if any(r.lost for runs in results.values() for r in runs):
        sys.exit("packets were lost")


if __name__ == "__main__":
    namespace.enter("bench.hostile")
    main()
