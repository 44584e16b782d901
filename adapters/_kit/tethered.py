"""Run a program that dies with whoever started it: ``python tethered.py PARENT PROGRAM [ARGUMENT...]``.

A program of its own, because the tie (prctl(2), PR_SET_PDEATHSIG) is made by the child itself, and Python
code between fork and exec is not safe in a process that has threads. The signal also comes when only the
*thread* that started the child ends: start it on one that lives as long as the process.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1
_ORPHANED = 3


def tethered(words: Sequence[str]) -> tuple[str, ...]:
    """The command line that runs ``words`` tied to this process."""
    return (sys.executable, "-I", "-S", __file__, str(os.getpid()), *words)


def main() -> None:
    """Tie this process to its parent and become the program."""
    parent, program, *arguments = sys.argv[1:]
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != int(parent):  # it died before the tie was made
        raise SystemExit(_ORPHANED)
    os.execv(program, [program, *arguments])  # noqa: S606 - the caller's program, no shell


if __name__ == "__main__":
    main()
