"""``crosspatch probe``."""

import asyncio
import json
import tempfile
from pathlib import Path

import click
from playwright.async_api import Error as PageError

from sim.browser.chromium import ChromiumMissing
from sim.gateway import GatewayFailed
from sim.phone import Refused
from sim.probe.figures import Figures
from sim.probe.house import MoveRefused
from sim.probe.rounds import run
from sim.probe.stage import NeedsMosquitto, stage
from sim.probe.table import document, text
from sim.radio.site import BridgeFailed

_ROUNDS_MAX = 200


@click.command("probe")
@click.option(
    "--rounds",
    type=click.IntRange(1, _ROUNDS_MAX),
    default=20,
    show_default=True,
    help="Talkspurts of each kind of talker; a round takes half a minute.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def probe(rounds: int, *, as_json: bool) -> None:
    """Measure access time, mouth-to-ear and late entry between real clients.

    Starts a gateway of its own on loopback, with browsers, phones and radios in one talkgroup.
    """
    try:
        figures = asyncio.run(_measure(rounds))
    except (BridgeFailed, ChromiumMissing, GatewayFailed, NeedsMosquitto) as error:
        raise click.ClickException(str(error)) from error
    except (AssertionError, MoveRefused, PageError, Refused, TimeoutError) as error:
        raise click.ClickException(f"somebody did not get where he should be: {error!r}") from error
    click.echo(json.dumps(document(figures), indent=2) if as_json else text(figures))


async def _measure(rounds: int) -> Figures:
    with tempfile.TemporaryDirectory(prefix="crosspatch-probe-") as folder:
        async with stage(Path(folder)) as everybody:
            return await run(everybody, rounds, lambda line: click.echo(line, err=True))
