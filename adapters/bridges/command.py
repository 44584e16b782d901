"""``crosspatch bridge``."""

import asyncio
import signal
from pathlib import Path

import click
import uvloop

from adapters.bridges.config import SiteConfig
from adapters.bridges.simulated import SimulatedRadio
from adapters.bridges.site import Site
from adapters.bridges.transmitter import WatchdogFailed
from gateway.ports.command import Shell


@click.command("bridge")
@click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path),
    required=True,
    help="The site's file (TOML): its brokers and its channels.",
)
@click.pass_obj
def bridge(shell: Shell, path: Path) -> None:
    """Run a radio site: join its channels to the hub's broker.

    Prints "ready NAME" after the first connection; ends with SIGTERM or Ctrl-C, unkeyed.
    """
    config = shell.read(path, SiteConfig)
    shell.log(config.log)
    try:
        uvloop.run(_serve(config))
    except (OSError, ValueError, WatchdogFailed) as error:
        raise click.ClickException(str(error)) from error


async def _serve(config: SiteConfig) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    told = False

    def ready() -> None:
        nonlocal told
        if not told:
            click.echo(f"ready {config.bridge}")
        told = True

    await Site(config, SimulatedRadio(config.air, config.control)).run(stopped, ready)
