"""The files of the spool, as its readers see them.

A segment is named by the number of its first record, so that a directory listing is in order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.app.frame import MAGIC, NotASpoolFile, frames, whole_bytes
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


def records(path: Path, start: int = len(MAGIC), end: int | None = None) -> Iterator[tuple[Record, int]]:
    """Records of a segment with the offset behind each; ends before a torn tail.

    ``end`` bounds what is read of a file that is being written. Raises NotASpoolFile, NotARecord.
    """
    data = path.read_bytes()[:end]
    if whole_bytes(data[: len(MAGIC)]) == 0 and len(data) > len(MAGIC):
        raise NotASpoolFile
    for payload, offset in frames(data, start):
        yield decode(payload), offset
