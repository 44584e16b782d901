"""What a process used: CPU time of all its threads and its resident memory (Linux /proc)."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Usage:
    """A reading. ``cpu_ns``: run time of all threads since start; ``rss_bytes``: resident set."""

    cpu_ns: int
    rss_bytes: int


def usage(pid: int) -> Usage:
    """Read a live process.

    CPU comes from each thread's schedstat (nanoseconds) and not from /proc/PID/stat, whose 10 ms ticks
    are sampled. A thread that ended between two readings takes its time with it: neither peer ends threads
    while packets flow.
    """
    cpu_ns = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            cpu_ns += int((task / "schedstat").read_text().split()[0])
        except FileNotFoundError:
            continue
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return Usage(cpu_ns, pages * 4096)
