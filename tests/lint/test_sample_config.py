"""The sample file and every configuration in the guides are taken by the program they are written for."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.bridges.config import SiteConfig
from gateway.app.config_read import ConfigError, read_config, read_table
from gateway.app.loader import installed_adapters
from tests.lint.tree import ROOT, plant

GUIDES = sorted((ROOT / "docs/guides").glob("*.md"))


def _read(path: Path | None, *, rules: bool) -> object:
    sections = {name: adapter.config_type for name, adapter in installed_adapters().items()}
    return replace(read_config(path, {}, sections, rules=rules), source=None)


def samples(page: Path) -> list[str]:
    return re.findall(r"^```toml\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_sample_changes_nothing_as_it_stands() -> None:
    assert _read(ROOT / "examples/crosspatch.toml", rules=True) == _read(None, rules=True)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_the_configurations_of_a_guide_are_taken(guide: Path, tmp_path: Path) -> None:
    for number, text in enumerate(samples(guide)):
        plant(tmp_path, **{f"{number}.toml": text})
        path = tmp_path / f"{number}.toml"
        if text.startswith("bridge = "):
            read_table(path, SiteConfig)
        else:
            _read(path, rules=False)  # the certificate is not here


def test_a_key_that_does_not_exist_is_named(tmp_path: Path) -> None:
    plant(tmp_path, **{"page.md": "```toml\n[http]\nprot = 1\n```\n"})
    (text,) = samples(tmp_path / "page.md")
    plant(tmp_path, **{"0.toml": text})
    with pytest.raises(ConfigError, match="prot"):
        _read(tmp_path / "0.toml", rules=False)
