"""``crosspatch restore``: a backup back into a data directory.

First everything is unpacked and checked beside what is there; only then it takes its place. What was there
before is moved aside, never deleted.
"""

import gzip
import json
import secrets
import shutil
import sqlite3
import tarfile
import zlib
from contextlib import closing
from pathlib import Path, PurePosixPath

from gateway.app.backup import FORMAT, MANIFEST, STORE_SUFFIX
from gateway.app.data_dir import data_dir

_LOCK = "lock"
_CHUNK = 1 << 20
_BROKEN = (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError)


class NotABackup(Exception):
    """The file cannot be used; the text says why. Nothing was changed."""


class WouldReplace(Exception):
    """There is data in the directory. Nothing was changed."""


def restore_backup(source: Path, directory: Path, *, replace: bool) -> tuple[int, Path | None]:
    """Put a backup's files into the data directory, which no gateway may be using.

    Returns how many files, and where what was there before lies now. Raises NotABackup, WouldReplace,
    gateway.app.data_dir.InUse, OSError.
    """
    with data_dir(directory):
        before = [path for path in directory.iterdir() if path.name != _LOCK]
        if before and not replace:
            raise WouldReplace(
                f"{directory} has data: stop here, or type it again with --replace, which moves it aside"
            )
        mark = secrets.token_hex(4)
        unpacked = directory / f".restoring-{mark}"
        unpacked.mkdir(mode=0o700)
        try:
            files = _unpack(source, unpacked)
            aside = _move_aside(before, directory / f".before-restore-{mark}")
            for path in unpacked.iterdir():
                path.rename(directory / path.name)
        finally:
            shutil.rmtree(unpacked)
    return files, aside


def _unpack(source: Path, folder: Path) -> int:
    """All files of a backup, checked."""
    try:
        with gzip.open(source) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
            _check_manifest(archive)
            while (member := archive.next()) is not None:
                _unpack_file(archive, member, folder)
            while stream.read(_CHUNK):
                pass  # gzip's checksum is behind the archive's end
    except (*_BROKEN, ValueError, KeyError) as error:
        raise NotABackup(f"{source} is no whole backup of this gateway: {error}") from error
    files = [path for path in folder.rglob("*") if path.is_file()]
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    for path in files:
        if path.suffix == STORE_SUFFIX:
            _check_database(source, path)
    return len(files)


def _unpack_file(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """A backup has plain files, nothing else, and none that would lie outside. Raises ValueError.

    Not by ``extract``: Python has had filters for it since 3.11.4 only, and Debian 12 has 3.11.2.
    """
    name = PurePosixPath(member.name)
    content = archive.extractfile(member) if member.isreg() else None
    if content is None or name.is_absolute() or ".." in name.parts:
        raise ValueError(f"{member.name!r} in it is no plain file of a data directory")
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        shutil.copyfileobj(content, file)


def _check_manifest(archive: tarfile.TarFile) -> None:
    """Its first member says what it is. Raises ValueError, KeyError, tarfile.TarError."""
    member = archive.next()
    content = archive.extractfile(member) if member is not None and member.name == MANIFEST else None
    if content is None:
        raise ValueError(f"it does not begin with {MANIFEST}")
    manifest = json.loads(content.read(_CHUNK))
    if manifest["format"] != FORMAT:
        raise ValueError(f"its format is {manifest['format']!r}, this program reads {FORMAT}")


def _check_database(source: Path, path: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as database:
            verdict = database.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite3.Error as error:
        verdict = str(error)
    if verdict != "ok":
        raise NotABackup(f"{source}: its {path.name} is damaged: {verdict}")


def _move_aside(before: list[Path], aside: Path) -> Path | None:
    if not before:
        return None
    aside.mkdir(mode=0o700)
    for path in before:
        path.rename(aside / path.name)
    return aside
