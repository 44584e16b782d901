"""Commands that adapters add to the command line: entry points of the group ``gateway.commands``.

The gateway knows none by name, and none is imported unless it is asked for.
"""

from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TypeVar

import click

from gateway.app.config import LogLevel
from gateway.app.config_read import ConfigError, read_table
from gateway.app.logging import configure_logging

GROUP = "gateway.commands"
T = TypeVar("T")


class Commands(click.Group):
    """The gateway's own commands, and those of installed adapters behind them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *_installed()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        point = _installed().get(cmd_name)
        if own is not None or point is None:
            return own
        try:
            command: click.Command = point.load()
        except ImportError as error:
            return _broken(cmd_name, error)
        return command


class Shell:
    """Implements ``gateway.ports.command.Shell``."""

    def read(self, path: Path, cls: type[T]) -> T:
        try:
            return read_table(path, cls)
        except ConfigError as error:
            click.echo(str(error), err=True)
            raise SystemExit(2) from error

    def log(self, level: str) -> None:
        configure_logging(LogLevel(level))


def _broken(name: str, error: ImportError) -> click.Command:
    """Stands in for a command that cannot be imported: the others, and the help, still work."""

    def refuse() -> None:
        raise click.ClickException(f"{name} cannot be used ({error}); type: make setup")

    return click.Command(
        name,
        callback=refuse,
        help="Cannot be used here.",
        add_help_option=False,
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )


def _installed() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}
