"""The command: start a demo world, print its link, end it with Ctrl-C."""

import asyncio
import signal
import sys
from pathlib import Path

import click

from sim.demo.folder import FolderTaken, data_folder
from sim.demo.world import Wishes, world
from sim.gateway import GatewayFailed

_WELCOME = """
The demo world is up. Open the console, give a name, allow the microphone:

  {link}

Type 1 for the command center, hold Space and speak: {parrot}the desk phone
hears it and answers with three notes. In the tiles: two responders on the move. Call the desk phone into a
room by its number, 101. As a responder, on a phone or in another window:

  {responder_link}

Ctrl-C ends it all.
"""
_PARROT = "the parrot on the radio repeats it, "


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--port", default=8080, show_default=True, help="Of HTTP; another one where it is taken.")
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("var/demo"),
    show_default=True,
    help="Data directory; it is emptied at the start and removed at the end.",
)
@click.option("--traffic", default=1.0, show_default=True, help="How often people speak by themselves.")
@click.option("--radio/--no-radio", default=True, help="With a radio site, which needs mosquitto.")
@click.option(
    "--numbered", is_flag=True, help="Voices are numbered; each minute, what listeners did not hear."
)
def main(port: int, folder: Path, *, traffic: float, radio: bool, numbered: bool) -> None:
    """A gateway with a desk phone, a radio site and two responders in its rooms, on loopback."""
    if not 0 <= port <= 65_535:
        raise click.BadParameter("0 to 65535", param_hint="--port")
    if not 0.1 <= traffic <= 100:
        raise click.BadParameter("0.1 to 100", param_hint="--traffic")
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # from here on there is something to tidy up
        with data_folder(folder.resolve()) as data:
            asyncio.run(_run(data, Wishes(port, traffic, radio, numbered)))
    except KeyboardInterrupt:
        _say("ended")
    except (FolderTaken, GatewayFailed, OSError) as error:
        raise click.ClickException(str(error)) from error


async def _run(folder: Path, wishes: Wishes) -> None:
    """Until Ctrl-C. Raises GatewayFailed when the gateway ended by itself."""
    me, loop = asyncio.current_task(), asyncio.get_running_loop()
    stop = asyncio.Event()

    def stopping() -> None:
        if not stop.is_set() and me is not None:
            stop.set()
            me.cancel()  # wherever it is, in the middle of the start too

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping)
    try:
        async with world(folder, wishes, _say) as running:
            _say(
                _WELCOME.format(
                    link=running.link,
                    responder_link=running.responder_link,
                    parrot=_PARROT if running.has_radio else "",
                )
            )
            raise GatewayFailed(await running.last())
    except asyncio.CancelledError:
        if not stop.is_set():
            raise
        _say("ended")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
