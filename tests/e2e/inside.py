"""A story told again in a process of its own, inside a network of its own."""

import asyncio
import sys
from collections.abc import Sequence

import pytest

from sim import own_network

DEADLINE_S = 150.0


async def told_inside(
    request: pytest.FixtureRequest, deadline_s: float = DEADLINE_S, through: Sequence[str] = ()
) -> bool:
    """False: this process is inside, the story is to be told here. True: it was told there, and went well.

    ``through``: a program inside that starts the rest of its command line.
    """
    if own_network.inside():
        return False
    # Told once: the process outside tells it again.
    once = ("-p", "no:cacheprovider", "--only-rerun", "nothing")
    pytest_again = (sys.executable, "-m", "pytest", "-q", *once)
    line, environment = own_network.command((*through, *pytest_again, request.node.nodeid))
    process = await asyncio.create_subprocess_exec(
        *line, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        told, _ = await asyncio.wait_for(process.communicate(), deadline_s)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, told.decode()
    return True
