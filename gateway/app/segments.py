"""The files of the spool, as its readers see them.

A segment is named by the number of its first record, so that a directory listing is in order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.app.frame import MAGIC, NotASpoolFile, frames
from gateway.app.record import Record, decode

SUFFIX = ".spool"


@dataclass(frozen=True, slots=True)
class Segment:
    """One file: records from ``first_seq`` on."""

    path: Path
    first_seq: int


def segments(directory: Path) -> list[Segment]:
    """All segments of a directory, oldest first; other files are not ours and are left alone."""
    found = [Segment(path, int(path.stem)) for path in directory.glob(f"*{SUFFIX}") if path.stem.isdecimal()]
    return sorted(found, key=lambda segment: segment.first_seq)


def segment_path(directory: Path, first_seq: int) -> Path:
    """Where the segment that starts with this record is."""
    return directory / f"{first_seq:016d}{SUFFIX}"


def payloads(path: Path, start: int = len(MAGIC), end: int | None = None) -> Iterator[tuple[bytes, int]]:
    """Encoded records of a segment with the offset behind each; ends before a torn tail.

    ``start`` is such an offset; ``end`` bounds what is read of a file that is being written. Raises
    OSError, NotASpoolFile.
    """
    with path.open("rb") as file:
        magic = file.read(len(MAGIC))
        if not MAGIC.startswith(magic):
            raise NotASpoolFile(f"{path} is not a spool file of this version")
        file.seek(start)
        data = file.read(-1 if end is None else end - start)
    for payload, offset in frames(data, 0):
        yield payload, start + offset


def records(path: Path) -> Iterator[Record]:
    """All records of a segment. Raises OSError, NotASpoolFile, NotARecord."""
    for payload, _ in payloads(path):
        yield decode(payload)
