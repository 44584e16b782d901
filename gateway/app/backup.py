"""``crosspatch backup``: all of a data directory in one file, taken while a gateway runs on it.

What is in it: the log (spool and store), keys and certificates. Not the configuration, which lies elsewhere
and belongs to whoever keeps the machine's files. It holds secrets, so it is for its owner only (0600).

The spool goes first and the store last: a record that leaves the spool meanwhile is in the store by then,
and one that is in both is one after the next start, since records are known by their run and number. The
store is copied by SQLite's own backup, which needs no pause of the writer.
"""

import io
import json
import os
import secrets
import sqlite3
import stat
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MANIFEST = "crosspatch-backup.json"
"""The archive's first member: says what it is."""
FORMAT = 1
STORE_SUFFIX = ".sqlite"
_NOT_KEPT = ("lock",)
_SIDE_FILES = ("-wal", "-shm", "-journal")
"""Of SQLite: what they hold is in the copy."""
_COMPRESSION = 1
"""zlib's level: the log shrinks to a fifth, and the voice path keeps its core."""


class NothingToBackUp(Exception):
    """There is no data directory; the text says which was looked for."""


@dataclass(frozen=True, slots=True)
class Written:
    """A backup that stands on the disk."""

    files: int
    size: int
    """Bytes of the archive."""


def write_backup(directory: Path, target: Path, *, version: str, at: str) -> Written:
    """Write the backup of a data directory; ``target`` appears whole or not at all.

    ``at``: UTC, ISO 8601. Raises NothingToBackUp, FileExistsError, OSError, sqlite3.Error.
    """
    if not directory.is_dir():
        raise NothingToBackUp(f"{directory} is not there: nothing to back up. Say --config, as for run")
    if target.exists():
        raise FileExistsError(f"{target} is there already: choose another name, or move it away")
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            files = _archive(directory, file, {"format": FORMAT, "version": version, "at": at})
            file.flush()
            os.fsync(file.fileno())
        size = temporary.stat().st_size
        os.link(temporary, target)
    finally:
        temporary.unlink()
    return Written(files, size)


def _archive(directory: Path, file: BinaryIO, manifest: dict[str, object]) -> int:
    """Fill the archive; how many files it holds beside the manifest."""
    count = 0
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=_COMPRESSION) as archive:
        said = json.dumps(manifest).encode()
        _add(archive, MANIFEST, io.BytesIO(said), len(said))
        for path in _kept(directory):
            name = path.relative_to(directory).as_posix()
            try:
                with _database(path) if path.suffix == STORE_SUFFIX else path.open("rb") as content:
                    _add(archive, name, content, os.fstat(content.fileno()).st_size)
            except FileNotFoundError:
                continue  # a segment that the store has taken: it is in the store, which comes last
            count += 1
    return count


def _kept(directory: Path) -> Iterator[Path]:
    """Files of the directory in the order in which they are taken."""
    found = []
    for path in directory.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(directory).parts)
        if hidden or path.name in _NOT_KEPT or path.name.endswith(_SIDE_FILES):
            continue
        try:
            if stat.S_ISREG(path.lstat().st_mode):
                found.append(path)
        except FileNotFoundError:
            continue
    return iter(sorted(found, key=lambda path: (path.suffix == STORE_SUFFIX, path)))


@contextmanager
def _database(path: Path) -> Iterator[BinaryIO]:
    """A consistent copy of a database that may be written meanwhile."""
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=path.parent) as folder:
        copy = Path(folder) / path.name
        with (
            closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
        with copy.open("rb") as content:
            yield content


def _add(archive: tarfile.TarFile, name: str, content: BinaryIO, size: int) -> None:
    """What grows behind ``size`` meanwhile, a spool's newest segment, is not in it."""
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    archive.addfile(member, content)
