"""What a process used: CPU time of its threads and its resident memory (Linux /proc)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MAIN = "main"
"""The thread that the process began with, whatever it calls itself."""


@dataclass(frozen=True, slots=True)
class Usage:
    """A reading since the start of the process."""

    threads_ns: Mapping[str, int]
    """Run time by thread name; the first thread is MAIN."""
    rss_bytes: int
    """Resident set."""
    threads: int
    """How many there are."""

    @property
    def cpu_ns(self) -> int:
        """Run time of all threads."""
        return sum(self.threads_ns.values())

    def since(self, before: "Usage") -> Mapping[str, int]:
        """Run time in ns by thread name from an earlier reading to this one."""
        return {name: ns - before.threads_ns.get(name, 0) for name, ns in self.threads_ns.items()}


def usage(pid: int) -> Usage:
    """Read a live process.

    CPU comes from each thread's schedstat (nanoseconds) and not from /proc/PID/stat, whose 10 ms ticks
    are sampled. A thread that ended between two readings takes its time with it: no program here ends
    threads while it is measured.
    """
    spent: Counter[str] = Counter()
    count = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            name = MAIN if task.name == str(pid) else (task / "comm").read_text().strip()
            spent[name] += int((task / "schedstat").read_text().split()[0])
            count += 1
        except FileNotFoundError:
            continue
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return Usage(spent, pages * 4096, count)
