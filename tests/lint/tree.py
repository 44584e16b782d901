"""The files a rule looks at: what git tracks or would track, so that build products never count."""

import subprocess
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def files(root: Path, *patterns: str) -> list[Path]:
    """Files below ``root`` whose path from there matches one of ``patterns`` (``*`` spans folders); sorted.

    A planted tree without git is walked instead.
    """
    return sorted(
        path
        for path in _all(root)
        if any(fnmatchcase(path.relative_to(root).as_posix(), pattern) for pattern in patterns)
    )


def _all(root: Path) -> Iterator[Path]:
    if (root / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root,
            check=True,
            capture_output=True,
            text=True,
        )
        names = set(listed.stdout.split("\0")) - {""}
        yield from (path for name in names if (path := root / name).is_file())
    else:
        yield from (path for path in root.rglob("*") if path.is_file())


def plant(root: Path, **content: str) -> None:
    """Write files for a test of a rule: ``plant(tmp_path, **{"gateway/a.py": "..."})``."""
    for name, text in content.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
