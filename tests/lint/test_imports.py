"""The import contracts of pyproject.toml are kept, and each of them is seen to break when it should."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.lint.tree import ROOT, plant

_PACKAGES = (
    *("gateway", "gateway/app", "gateway/core", "gateway/model", "gateway/ports", "gateway/wire"),
    *("adapters", "adapters/_kit", "adapters/web", "sim"),
)
_MODULES = ("gateway/__main__.py", "gateway/native.py")

# contract -> (file, import that breaks it)
PLANTED = {
    "gateway-knows-no-edge": ("gateway/app/__init__.py", "import adapters.web"),
    "layers": ("gateway/ports/__init__.py", "import gateway.core"),
    "adapters-see-ports-only": ("adapters/web/__init__.py", "import gateway.core"),
    "sim-speaks-the-wire": ("sim/__init__.py", "import adapters.web"),
    "core-has-no-io": ("gateway/core/__init__.py", "import time"),
}


def lint_imports(
    tree: Path, contract: str, config: Path = ROOT / "pyproject.toml"
) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-cache", "--contract", contract, "--config", config],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _tree(tmp_path: Path) -> Path:
    packages = {*_PACKAGES, *(name.replace(".", "/") for name in _adapters())}
    plant(tmp_path, **{f"{package}/__init__.py": "" for package in packages})
    plant(tmp_path, **dict.fromkeys(_MODULES, ""))
    return tmp_path


def _contracts() -> dict[str, dict[str, object]]:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {contract["id"]: contract for contract in config["tool"]["importlinter"]["contracts"]}


def _adapters() -> list[str]:
    named = _contracts()["adapters-are-strangers"]["modules"]
    return [str(name) for name in named] if isinstance(named, list) else []


@pytest.mark.parametrize("contract", PLANTED)
def test_a_planted_import_breaks_its_contract(contract: str, tmp_path: Path) -> None:
    tree = _tree(tmp_path)
    kept = lint_imports(tree, contract)
    assert kept.returncode == 0, kept.stdout + kept.stderr

    name, line = PLANTED[contract]
    plant(tree, **{name: line + "\n"})
    broken = lint_imports(tree, contract)
    assert broken.returncode == 1
    assert "BROKEN" in broken.stdout, broken.stdout + broken.stderr


def test_an_adapter_that_imports_another_breaks_its_contract(tmp_path: Path) -> None:
    tree = _tree(tmp_path)
    config = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    plant(
        tree,
        **{
            "adapters/other/__init__.py": "import adapters.web\n",
            "two.toml": re.sub(r'(modules = \[[^]]*"adapters\.web")', r'\1, "adapters.other"', config),
        },
    )
    broken = lint_imports(tree, "adapters-are-strangers", tree / "two.toml")
    assert broken.returncode == 1
    assert "BROKEN" in broken.stdout, broken.stdout + broken.stderr


def test_every_contract_has_a_planted_import() -> None:
    assert _contracts().keys() - PLANTED.keys() == {"adapters-are-strangers"}


def test_every_adapter_is_a_stranger_to_the_others() -> None:
    folders = {f"adapters.{path.parent.name}" for path in ROOT.glob("adapters/*/__init__.py")}
    assert _adapters() == sorted(folders - {"adapters._kit"})
