from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.radio.world import World, world


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as running:
        yield running
