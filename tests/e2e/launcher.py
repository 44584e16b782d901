"""The product's own command line with one switch for stories: SIGUSR1 stops Python for HOLD_S (1 s).

HOLD says how. ``all`` (the default): the event loop's thread sits in one C call that keeps the interpreter's
lock, so that no Python thread runs, as a garbage collection or a blocking driver would do at its worst.
``loop``: the event loop's thread sleeps, other Python threads run. ``thread``: a thread beside the event loop
sits in that C call.
"""

import ctypes
import os
import signal
import sys
import threading
import time
from types import FrameType

from gateway.app.cli import main

HELD = "python was held"
_HOLD = os.environ.get("HOLD", "all")
_HOLD_S = float(os.environ.get("HOLD_S", "1"))
_KEEPS_THE_LOCK = ctypes.PyDLL(None)


def _hold(_number: int, _frame: FrameType | None) -> None:
    if _HOLD == "thread":
        threading.Thread(target=_stop_python, name="held").start()
    else:
        _stop_python()


def _stop_python() -> None:
    until = time.monotonic() + _HOLD_S
    while (left := until - time.monotonic()) > 0:
        if _HOLD == "loop":
            time.sleep(left)
        else:
            _KEEPS_THE_LOCK.usleep(int(left * 1e6) + 1)
    sys.stderr.write(f"{HELD} {_HOLD_S:g} s\n")
    sys.stderr.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, _hold)
    main()
