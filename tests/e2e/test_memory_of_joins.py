"""Whoever has come and gone leaves no memory behind, counted by what the process has allocated."""

from pathlib import Path

import pytest

from bench.memory import TOGETHER, come_and_go, running
from bench.peers.crosspatch import Crosspatch
from sim.memory import allocated_by, program

WARM = 15 * TOGETHER
"""Caches by address and by query hold 256 at most; then they are full."""
COUNTED = 10 * TOGETHER
BYTES_A_JOIN = 512
BLOCKS_A_JOIN = 2.0
"""A kept session is tens of thousands of bytes. What is smaller than these bounds could pass."""


@pytest.mark.parametrize("door", ["whep", "whip"])
async def test_who_joins_and_leaves_keeps_no_memory_of_the_gateway(tmp_path: Path, door: str) -> None:
    file = tmp_path / "allocated"
    gateway = Crosspatch(program=program(file))
    async with running(gateway) as generator:
        for first in range(0, WARM, TOGETHER):
            await come_and_go(gateway, generator, door, range(first, first + TOGETHER))
        before = await allocated_by(gateway.pid, file)
        for first in range(WARM, WARM + COUNTED, TOGETHER):
            await come_and_go(gateway, generator, door, range(first, first + TOGETHER))
        after = await allocated_by(gateway.pid, file)
    assert (after.malloc_bytes - before.malloc_bytes) / COUNTED < BYTES_A_JOIN, (before, after)
    assert (after.python_blocks - before.python_blocks) / COUNTED < BLOCKS_A_JOIN, (before, after)
