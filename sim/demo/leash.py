"""Run a program in a session of its own that is told to end when this process is gone.

``python -m sim.demo.leash PARENT PROGRAM [ARGUMENT...]``. A session of its own, so that Ctrl-C reaches the
demo alone, which ends its programs in order. The tie is prctl(2) PR_SET_PDEATHSIG, made by the child itself:
Python code between fork and exec is not safe in a process that has threads.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1
_ORPHANED = 3


def leashed(words: Sequence[str]) -> tuple[str, ...]:
    """The command line that runs ``words`` tied to this process."""
    return (sys.executable, "-m", "sim.demo.leash", str(os.getpid()), *words)


def end_with_parent() -> None:
    """This process is told to end when the one that started it is gone. Raises OSError."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def main() -> None:
    """Tie this process to its parent and become the program."""
    parent, program, *arguments = sys.argv[1:]
    os.setsid()
    end_with_parent()
    if os.getppid() != int(parent):  # it died before the tie was made
        raise SystemExit(_ORPHANED)
    os.execv(program, [program, *arguments])  # noqa: S606 - the caller's program, no shell


if __name__ == "__main__":
    main()
