"""What the stories stand on: a browser of their own for each, and further tellings.

Senders and listeners share two cores with the gateway. When something else takes the machine, a sender is
late or a jitter buffer starves, and a story about every 20 ms of sound fails without a fault of ours. So a
story that failed is told again, twice at most, and the report says so (R); a fault fails every time.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from sim.browser.chromium import chromium


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of this folder only: no other test may fail once."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=2))
