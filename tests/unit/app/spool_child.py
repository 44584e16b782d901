"""Appends records as fast as it can and says the number of each; killed by its parent."""

import asyncio
import sys
from pathlib import Path

from gateway.app.spool import Spool
from gateway.model.ids import BootId
from tests.unit.app.values import ANN, UTC_0, Bounds, answer, join


async def main(directory: Path) -> None:
    spool = Spool(directory, Bounds(spool_bytes_max=1 << 28), BootId("child"), "digest")
    spool.open()
    for number in range(1, 100_000):
        spool.append(join(ANN, number), float(number), UTC_0, answer(number=number))
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


asyncio.run(main(Path(sys.argv[1])))
