"""``crosspatch probe``."""

import asyncio
import json
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click
from playwright.async_api import Error as PageError

from sim import own_network
from sim.browser.chromium import ChromiumMissing
from sim.gateway import CROSSPATCH, GatewayFailed
from sim.phone import Refused
from sim.probe.figures import Figures
from sim.probe.house import MoveRefused
from sim.probe.rounds import run, run_weak
from sim.probe.stage import NeedsMosquitto, stage
from sim.probe.table import document, text
from sim.radio.site import BridgeFailed

_ROUNDS_MAX = 200
_LOSS_MAX = 50
_NEEDED_INSIDE = ("unshare", "ip", "nft")


@click.command("probe")
@click.option(
    "--rounds",
    type=click.IntRange(1, _ROUNDS_MAX),
    default=20,
    show_default=True,
    help="Talkspurts of each kind of talker; a round takes half a minute.",
)
@click.option(
    "--loss",
    type=click.IntRange(0, _LOSS_MAX),
    default=0,
    show_default=True,
    help="Percent of packets lost between pages and gateway, each way; then only a page talks, 1 s a round.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def probe(rounds: int, loss: int, *, as_json: bool) -> None:
    """Measure access time, mouth-to-ear and late entry between real clients.

    Starts a gateway of its own on loopback, with browsers, phones and radios in one talkgroup.
    """
    if loss and not own_network.inside():
        again = ("--rounds", str(rounds), "--loss", str(loss), *["--json"] * as_json)
        raise SystemExit(_inside(again))
    try:
        figures = asyncio.run(_measure(rounds, loss))
    except (BridgeFailed, ChromiumMissing, GatewayFailed, NeedsMosquitto) as error:
        raise click.ClickException(str(error)) from error
    except (AssertionError, MoveRefused, PageError, Refused, TimeoutError) as error:
        raise click.ClickException(f"somebody did not get where he should be: {error!r}") from error
    except asyncio.CancelledError as error:
        raise click.Abort from error
    click.echo(json.dumps(document(figures), indent=2) if as_json else text(figures))


def _inside(options: Sequence[str]) -> int:
    """The same again in a network of its own, where packets may be lost; its exit code."""
    missing = [program for program in _NEEDED_INSIDE if shutil.which(program) is None]
    if missing:
        raise click.ClickException(f"no {missing[0]} in PATH; on Debian: apt-get install iproute2 nftables")
    line, environment = own_network.command((*CROSSPATCH, "probe", *options))
    return subprocess.run(line, env=environment, check=False).returncode


async def _measure(rounds: int, loss: int) -> Figures:
    """Told to end it leaves nothing behind."""

    def say(line: str) -> None:
        click.echo(line, err=True)

    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with tempfile.TemporaryDirectory(prefix="crosspatch-probe-") as folder:
        async with stage(Path(folder)) as everybody:
            return await (run_weak(everybody, rounds, loss, say) if loss else run(everybody, rounds, say))
