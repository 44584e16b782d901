"""A secret that its owner has written into a file."""

from pathlib import Path

_OTHERS = 0o077


class SecretUnusable(Exception):
    """The file cannot be used as it stands; the text names it and says what to do."""


def read_secret(path: Path, what: str) -> str:
    """Its first line without blanks around it. ``what`` is written there. Raises SecretUnusable, OSError."""
    if path.stat().st_mode & _OTHERS:
        raise SecretUnusable(f"{path}: others can read it; type: chmod 600 {path}")
    secret = path.read_text(encoding="utf-8").partition("\n")[0].strip()
    if not secret:
        raise SecretUnusable(f"{path}: its first line is empty; write the {what} there")
    return secret
