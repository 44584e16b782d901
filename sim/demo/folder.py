"""The data directory of one demo world: made at its start, removed at its end."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MARK = "demo-world"
"""A file that only a demo world writes: a folder without it is somebody else's and stays."""


class FolderTaken(Exception):
    """It cannot be used; the text says why and what to do."""


@contextmanager
def data_folder(path: Path) -> Iterator[Path]:
    """Empty, for its owner only; what a world that was killed has left there is removed first.

    Raises FolderTaken, OSError.
    """
    if path.exists() and any(path.iterdir()) and not (path / _MARK).exists():
        raise FolderTaken(f"{path} holds something else\n  hint: name another one with --dir")
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    with (path / _MARK).open("a") as mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderTaken(
                f"a demo world runs in {path}\n  hint: end it with Ctrl-C, or name another one with --dir"
            ) from None
        for old in path.iterdir():
            if old.name != _MARK:
                _remove(old)
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
