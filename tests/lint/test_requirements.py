"""What pyproject.toml promises and what the locks install are the same, and the locks name no index."""

import re
import tomllib
from pathlib import Path

from tests.lint.tree import ROOT, files, plant

_REQUIREMENT = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*\])?==", re.MULTILINE)


def _lines(path: Path) -> set[str]:
    stripped = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return {line for line in stripped if line}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def findings(root: Path) -> list[str]:
    declared = set(
        tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    )
    listed = _lines(root / "requirements/run.in")
    found = [f"only in pyproject.toml: {item}" for item in sorted(declared - listed)]
    found += [f"only in requirements/run.in: {item}" for item in sorted(listed - declared)]
    for name in ("run", "dev"):
        text = (root / f"requirements/{name}.txt").read_text(encoding="utf-8")
        locked = {_normal(match["name"]) for match in _REQUIREMENT.finditer(text)}
        wanted = {
            _normal(re.split(r"[<>=!~ \[;]", line)[0])
            for line in _lines(root / f"requirements/{name}.in")
            if not line.startswith("-r")
        }
        found += [f"requirements/{name}.txt does not lock {item}" for item in sorted(wanted - locked)]
    return found


def index_lines(root: Path) -> list[str]:
    """Lock files name packages and hashes, never where to fetch them: that is the machine's choice."""
    found = []
    for path in files(root, "requirements/*"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if (
                re.match(r"\s*(-i|-f|--(extra-)?index-url|--find-links|--trusted-host)\b", line)
                or "://" in line
            ):
                found.append(f"{path.relative_to(root)}:{number}: {line.strip()}")
    found += [
        f"{path.relative_to(root)}: has resolved addresses"
        for path in files(root, "*package-lock.json")
        if '"resolved": "http' in path.read_text(encoding="utf-8")
    ]
    return found


def test_the_locks_cover_what_the_project_declares() -> None:
    assert findings(ROOT) == []


def test_no_lock_names_where_packages_come_from() -> None:
    assert index_lines(ROOT) == []


def test_a_dependency_declared_in_one_place_only_is_named(tmp_path: Path) -> None:
    plant(
        tmp_path,
        **{
            "pyproject.toml": '[project]\ndependencies = ["click>=8"]\n',
            "requirements/run.in": "uvloop\n",
            "requirements/run.txt": "click==8.0\n",
            "requirements/dev.in": "-r run.in\npytest_asyncio\n",
            "requirements/dev.txt": "pytest-asyncio==1.0\n",
        },
    )
    assert findings(tmp_path) == [
        "only in pyproject.toml: click>=8",
        "only in requirements/run.in: uvloop",
        "requirements/run.txt does not lock uvloop",
    ]


def test_an_index_line_and_a_resolved_address_are_named(tmp_path: Path) -> None:
    plant(
        tmp_path,
        **{
            "requirements/run.txt": "--index-url somewhere\nclick==8.0\n",
            "web/package-lock.json": '{"resolved": "http' + '://somewhere/x.tgz"}',
        },
    )
    assert index_lines(tmp_path) == [
        "requirements/run.txt:1: --index-url somewhere",
        "web/package-lock.json: has resolved addresses",
    ]
