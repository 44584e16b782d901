"""The command ``crosspatch``.

Exit codes: 0 done, 1 failed (the text says why), 2 wrong use or a configuration that cannot be used.
"""

import datetime as dt
import json
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click
import structlog
import uvloop

from gateway.app.backup import NothingToBackUp, write_backup
from gateway.app.cert import instructions, issue
from gateway.app.commands import Commands, Shell
from gateway.app.config import Config
from gateway.app.config_read import ConfigError, environment, read_config
from gateway.app.data_dir import InUse
from gateway.app.descriptors import raise_limit
from gateway.app.doctor_command import doctor
from gateway.app.duration import parse_duration_s
from gateway.app.frame import NotASpoolFile
from gateway.app.invitation import NoAddress, base_address, checked_base, link, on_terminal, write_svg
from gateway.app.loader import installed_adapters
from gateway.app.logging import configure_logging
from gateway.app.private_file import Exposed
from gateway.app.record import NotARecord, Record, plain
from gateway.app.recover import NotABackup, WouldReplace, restore_backup
from gateway.app.replay import NotALog, read_log, replay
from gateway.app.serve import GatewayFailed, serve
from gateway.app.store import StoreDown
from gateway.app.tokens import Tokens
from gateway.model.grants import DISPATCH_RANK, NORMAL_RANK, RANK_MAX, Grants, Verb
from gateway.model.ids import RoomId

CONFIG_EXIT = 2
_REFUSALS = (
    *(Exposed, GatewayFailed, InUse, NotABackup, NotALog, NotARecord, NotASpoolFile, NothingToBackUp),
    *(NoAddress, StoreDown, WouldReplace),
)
"""What a person can do something about."""

_config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    help="Configuration file (TOML). Without one: loopback only, two rooms.",
)


def _version() -> str:
    try:
        return version("crosspatch")
    except PackageNotFoundError:
        return "not installed"


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(_version())
@click.pass_context
def main(context: click.Context) -> None:
    """One talkgroup for phones, radios and browsers."""
    context.obj = Shell()


@main.command()
@_config_option
def run(config_path: Path | None) -> None:
    """Open the doors; ends with SIGTERM or Ctrl-C.

    Prints "ready ADDRESS" when they are open, and until it was used the administrator's link.
    """
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    adapters = installed_adapters()
    config = _read(config_path)
    configure_logging(config.log.level)
    if not adapters:
        raise click.ClickException("no adapter is installed; type: make setup, or install the wheel")
    raise_limit()
    with _refusals():
        uvloop.run(serve(config, adapters, click.echo))


@main.command("check-config")
@_config_option
def check_config(config_path: Path | None) -> None:
    """Say whether a configuration can be used, and if not, all that is wrong with it."""
    config = _read(config_path)
    click.echo(f"ok: {config.source or 'defaults'}, {len(config.rooms)} rooms, digest {config.digest}")


@main.command()
@_config_option
@click.option("--room", "rooms", multiple=True, required=True, help="Room id, or * for all; may be repeated.")
@click.option("--grants", "verbs", required=True, help=f"Comma-separated: {', '.join(Verb)}.")
@click.option("--ttl", default="1h", show_default=True, help="How long it is good: 90s, 30m, 12h, 7d.")
@click.option("--subject", default="bearer", show_default=True, help="Who it is for; stands in the log.")
@click.option(
    "--rank",
    type=click.IntRange(0, RANK_MAX),
    default=NORMAL_RANK,
    show_default=True,
    help=f"Weight of its requests for the floor; the right to dispatch weighs {DISPATCH_RANK} at least.",
)
@click.option("--qr", is_flag=True, help="Print a link instead, and its QR code for a phone's camera.")
@click.option(
    "--qr-file",
    type=click.Path(path_type=Path),
    help="Write that QR code into a new file (SVG), to print it.",
)
@click.option("--base-url", help="How others reach this gateway. Default: by the name in its certificate.")
def token(  # noqa: PLR0913 - one an option
    config_path: Path | None,
    rooms: tuple[str, ...],
    verbs: str,
    ttl: str,
    subject: str,
    *,
    rank: int,
    qr: bool,
    qr_file: Path | None,
    base_url: str | None,
) -> None:
    """Print a bearer for these rooms, rights and time, or put somebody in by a QR code."""
    config = _read(config_path)
    grants = replace(_asked_for(config, rooms, verbs, ttl, subject), rank=rank)
    if not (qr or qr_file or base_url):
        with _refusals():
            click.echo(Tokens(config.store.dir).issue(grants))
        return
    with _refusals():
        try:
            base = base_address(config) if base_url is None else checked_base(base_url)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--base-url") from error
        invitation = link(base, grants, Tokens(config.store.dir).issue(grants))
        if qr_file is not None:
            write_svg(invitation, qr_file)
    if qr:
        click.echo(on_terminal(invitation))
    click.echo(invitation)


def _asked_for(config: Config, rooms: tuple[str, ...], verbs: str, ttl: str, subject: str) -> Grants:
    known = {room.id for room in config.rooms}
    unknown = [room for room in rooms if room != "*" and room not in known]
    if unknown:
        raise click.BadParameter(
            f"no room {unknown[0]!r}; there are {', '.join(sorted(known))}", param_hint="--room"
        )
    try:
        granted = frozenset(Verb(verb.strip()) for verb in verbs.split(","))
    except ValueError as error:
        raise click.BadParameter(f"{error}; one of {', '.join(Verb)}", param_hint="--grants") from error
    try:
        expires_at = time.time() + parse_duration_s(ttl)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--ttl") from error
    return Grants(subject, granted, None if "*" in rooms else frozenset(map(RoomId, rooms)), expires_at)


@main.command()
@_config_option
@click.option(
    "--host", "hosts", multiple=True, required=True, help="Name or address people type; repeatable."
)
def cert(config_path: Path | None, hosts: tuple[str, ...]) -> None:
    """Make a local certificate authority and a certificate for this host."""
    config = _read(config_path, complete=False)
    with _refusals():
        try:
            issued = issue(config.store.dir / "tls", hosts, dt.datetime.now(dt.UTC))
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--host") from error
    click.echo(instructions(issued))


@main.command("replay")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--records/--no-records", default=True, help="Print every record as a line of JSON.")
def replay_command(path: Path, *, records: bool) -> None:
    """Feed a recorded log through the core and compare what it does.

    PATH: a data directory, its spool, one segment, or the store's file.
    """

    def shown() -> Iterator[Record]:
        for record in log:
            if records:
                click.echo(json.dumps(plain(record), ensure_ascii=False))
            yield record

    with _refusals():
        log = read_log(path)
        result = replay(shown())
    for boot, count in result.skipped.items():
        click.echo(f"skipped {count} records of run {boot}: its beginning is not in this log", err=True)
    click.echo(f"{result.records} records, {len(result.boots)} runs, state {result.digest}")
    if result.difference is not None:
        difference = result.difference
        click.echo(f"first difference at record {difference.record.seq}:", err=True)
        click.echo(f"  recorded {json.dumps(plain(difference.record.effects))}", err=True)
        click.echo(f"  replayed {json.dumps(plain(difference.replayed))}", err=True)
        raise SystemExit(1)


@main.command()
@_config_option
@click.argument("target", type=click.Path(path_type=Path))
def backup(config_path: Path | None, target: Path) -> None:
    """Write the data directory into one file, also while the gateway runs.

    TARGET: a new file. It holds keys: keep it as you keep them. The configuration is not in it.
    """
    config = _read(config_path)
    at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    with _refusals():
        written = write_backup(config.store.dir, target, version=_version(), at=at)
    click.echo(f"{target}: {written.files} files, {written.size} bytes")


@main.command()
@_config_option
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Also where there is data, which is moved aside.")
def restore(config_path: Path | None, source: Path, *, replace: bool) -> None:
    """Put a backup back into the data directory of a gateway that does not run."""
    config = _read(config_path)
    with _refusals():
        files, aside = restore_backup(source, config.store.dir, replace=replace)
    click.echo(f"{config.store.dir}: {files} files")
    if aside is not None:
        click.echo(f"what was there before: {aside}")


main.add_command(doctor)


def _read(path: Path | None, *, complete: bool = True) -> Config:
    """The configuration, or exit 2; ``complete`` False leaves out the rules (to make what they ask for)."""
    sections = {name: adapter.config_type for name, adapter in installed_adapters().items()}
    try:
        return read_config(path, environment(), sections, rules=complete)
    except ConfigError as error:
        click.echo(str(error), err=True)
        raise SystemExit(CONFIG_EXIT) from error


@contextmanager
def _refusals() -> Iterator[None]:
    """What a person can do something about is one line, not a traceback."""
    try:
        yield
    except (*_REFUSALS, OSError, sqlite3.Error) as error:
        raise click.ClickException(str(error)) from error
    except ImportError as error:
        raise click.ClickException(f"the native extension is missing ({error}); type: make setup") from error
