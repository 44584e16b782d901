"""The command ``crosspatch doctor``: what is wrong with a configuration and its machine, and what to do.

Exit codes: 0 all is well, 1 something may be better, 2 something does not work.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import click

from gateway.app.config import Config
from gateway.app.config_read import ConfigError, environment, read_config
from gateway.app.doctor import EXIT_CODES, Line, examine, worst
from gateway.app.doctor_doors import door_checks, own_doors, running_gateway
from gateway.app.doctor_files import file_checks
from gateway.app.doctor_machine import machine_checks
from gateway.app.loader import installed_adapters
from gateway.ports.adapter import Adapter
from gateway.ports.checkup import Check, Examined, Finding, fail, ok


@click.command()
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    help="Configuration file (TOML). Without one: loopback only, two rooms.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of lines.")
@click.option(
    "--sign-in",
    is_flag=True,
    help="Also sign in to the radio broker under the gateway's names, which throws out a gateway that runs "
    "elsewhere.",
)
def doctor(config_path: Path | None, *, as_json: bool, sign_in: bool) -> None:
    """Say what keeps this gateway from working, and what to do about it. Changes nothing."""
    adapters = installed_adapters()
    config, said = _configuration(config_path, adapters)
    lines = [Line("configuration", finding) for finding in said]
    lines += examine(_checks(config, adapters, sign_in=sign_in))
    if as_json:
        click.echo(json.dumps([line.plain() for line in lines], indent=1, ensure_ascii=False))
    else:
        for line in lines:
            click.echo(str(line))
    raise SystemExit(EXIT_CODES[worst(lines)])


def _configuration(
    path: Path | None, adapters: Mapping[str, type[Adapter]]
) -> tuple[Config | None, list[Finding]]:
    """What can be read of it, None if nothing can, and what is wrong with it."""
    sections = {name: adapter.config_type for name, adapter in adapters.items()}
    try:
        config = read_config(path, environment(), sections)
    except ConfigError as error:
        findings = [
            fail(
                f"{problem.where}: {problem.key}{': ' if problem.key else ''}found {problem.found}",
                f"expected {problem.expected}{'; ' if problem.hint else ''}{problem.hint}",
            )
            for problem in error.problems
        ]
    else:
        return config, [ok(f"{path or 'defaults, no file'}, {len(config.rooms)} rooms")]
    try:
        # A broken rule (no certificate yet) leaves sections that can be looked at.
        return read_config(path, environment(), sections, rules=False), findings
    except ConfigError:
        return None, findings


def _checks(config: Config | None, adapters: Mapping[str, type[Adapter]], *, sign_in: bool) -> list[Check]:
    if config is None:
        return machine_checks(None)
    running = running_gateway(config.store.dir)
    doors = own_doors(config)
    questions: list[Check] = []
    for adapter in (kind() for kind in adapters.values()):
        if isinstance(adapter, Examined):
            doors += adapter.wanted_doors(config.section)
            # A gateway that runs here has those names in use.
            questions += adapter.checks(config.section, sign_in=sign_in and running is None)
    return [
        *file_checks(config, running),
        *machine_checks(config),
        *door_checks(doors, running),
        *questions,
    ]
