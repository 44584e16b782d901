"""The hub's run as bridges see it: a number that grows at each start, so that an older hub is not obeyed."""

import os
import time
from pathlib import Path


def next_epoch(path: Path) -> int:
    """One more than the last, kept in a file; never less than the clock, should the file be lost.

    Raises OSError.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        last = int(path.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        last = 0
    epoch = max(last + 1, int(time.time()))
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="ascii") as file:
        file.write(str(epoch))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    return epoch
