"""What the guides tell people to type and to write is what the program takes."""

import re
import shlex
from pathlib import Path

import click
import pytest

from adapters.bridges.config import SiteConfig
from gateway.app.cli import main
from gateway.app.config_read import read_config, read_table
from gateway.app.loader import installed_adapters

GUIDES = sorted((Path(__file__).parents[3] / "docs" / "guides").glob("*.md"))
BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
SITE = "bridge = "
"""How a bridge's own file begins."""


def blocks(kind: str) -> list[tuple[str, str]]:
    """Name of the guide and text of each block of that kind."""
    return [
        (guide.name, text)
        for guide in GUIDES
        for found, text in BLOCK.findall(guide.read_text())
        if found == kind
    ]


def typed() -> list[tuple[str, list[str]]]:
    """Every command of ours in a block or in a line of a guide."""
    commands = [
        (guide.name, line.strip())
        for guide in GUIDES
        for text in (
            *(text for _, text in BLOCK.findall(guide.read_text())),
            *re.findall(r"`(crosspatch [^`]+)`", guide.read_text()),
        )
        for line in text.replace("\\\n", " ").splitlines()
        if line.strip().startswith("crosspatch ")
    ]
    return [(name, shlex.split(line, comments=True)[1:]) for name, line in commands]


@pytest.mark.parametrize(("guide", "words"), typed(), ids=lambda value: " ".join(value)[:60])
def test_every_command_and_option_of_a_guide_exists(guide: str, words: list[str]) -> None:
    command = main.get_command(click.Context(main), words[0])
    assert command is not None, f"{guide}: no command {words[0]}"
    taken = {
        option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
    }
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= taken, guide


@pytest.mark.parametrize(("guide", "text"), blocks("toml"), ids=lambda value: value.splitlines()[0][:40])
def test_every_configuration_of_a_guide_can_be_read(guide: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / f"{guide}.toml"
    file.write_text(text)
    if text.startswith(SITE):
        assert read_table(file, SiteConfig).channels
    else:
        sections = {name: adapter.config_type for name, adapter in installed_adapters().items()}
        assert read_config(file, {}, sections, rules=False).source == file
