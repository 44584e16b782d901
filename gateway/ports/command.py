"""What the command line lends to a command of an adapter. Implemented by ``gateway.app.commands``.

Commands are click commands found by entry-point group ``gateway.commands``; each gets a ``Shell`` as its
context's object.
"""

from pathlib import Path
from typing import Protocol, TypeVar

T = TypeVar("T")


class Shell(Protocol):
    """Reading a file of its own, and the log."""

    def read(self, path: Path, cls: type[T]) -> T:
        """The TOML file as this frozen dataclass; what is wrong with it is printed, then exit 2."""

    def log(self, level: str) -> None:
        """Set up the log: debug, info, warning or error."""
