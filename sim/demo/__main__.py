"""``python -m sim.demo``: Ctrl-C ends it, also while Python still loads what it is made of."""

import os
import signal
import sys
from types import FrameType


def _leave(_number: int, _frame: FrameType | None) -> None:
    """Nothing was started yet, so nothing is left behind."""
    sys.stdout.write("ended\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, _leave)

from sim.demo.program import main  # noqa: E402 - takes half a second, in which somebody may change his mind

if __name__ == "__main__":
    main()
