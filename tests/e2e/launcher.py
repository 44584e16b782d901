"""The product's own command line with one switch for stories: SIGUSR1 stops all of Python for 1 s (HOLD_S).

The handler runs on the event loop's thread and sleeps in a C call that keeps the interpreter's lock, so
that no Python thread runs either: what a garbage collection or a blocking driver would do at its worst.
"""

import ctypes
import os
import signal
import sys
import time
from types import FrameType

from gateway.app.cli import main

HELD = "python was held"
_HOLD_S = float(os.environ.get("HOLD_S", "1"))
_KEEPS_THE_LOCK = ctypes.PyDLL(None)


def _hold(_number: int, _frame: FrameType | None) -> None:
    until = time.monotonic() + _HOLD_S
    while (left := until - time.monotonic()) > 0:
        _KEEPS_THE_LOCK.usleep(int(left * 1e6) + 1)
    sys.stderr.write(f"{HELD} {_HOLD_S:g} s\n")
    sys.stderr.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, _hold)
    main()
