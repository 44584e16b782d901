"""Small files that only the gateway's own user may read, written whole or not at all."""

import os
import secrets
from pathlib import Path


class Exposed(Exception):
    """A secret's file can be read by others."""


def read_private(path: Path) -> bytes:
    """Contents of a secret's file. Raises OSError, Exposed with the command to type."""
    if path.stat().st_mode & 0o077:
        raise Exposed(f"{path} can be read by others; type: chmod 600 {path}")
    return path.read_bytes()


def create_private(path: Path, content: bytes) -> bool:
    """Create a file 0600 with all of its content at once; False if there is one already."""
    temporary = _write_beside(path, content)
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        temporary.unlink()
    return True


def replace_private(path: Path, content: bytes) -> None:
    """Put new content in the file's place, at once and on the disk."""
    temporary = _write_beside(path, content)
    temporary.replace(path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _write_beside(path: Path, content: bytes) -> Path:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return temporary
