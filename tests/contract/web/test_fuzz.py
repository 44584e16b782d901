"""A few seconds of tests/fuzz/fuzz_web.py on committed seeds; ``make fuzz`` searches for new ones."""

import pytest
import structlog

from tests.fuzz.fuzz_web import Tally, fuzz

SEEDS = [
    1,  # found: a peer that hangs up in the middle of a body was reported as a fault of ours
    3,  # found: a WebSocket key that is not ASCII raised in the handshake
]


@pytest.mark.parametrize("seed", SEEDS)
async def test_bad_bytes_never_make_a_fault_and_a_healthy_page_is_always_served(seed: int) -> None:
    tally = Tally()
    before = structlog.get_config()
    structlog.configure(processors=[tally.structlog_processor])
    try:
        await fuzz(seed, 2.0, tally)
    finally:
        structlog.configure(**before)
    assert tally.faults == []
    assert tally.messages > 0
    assert tally.requests > 0
