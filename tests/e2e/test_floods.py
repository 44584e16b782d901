"""One sender floods the media thread: everybody else hears every packet, once.

Runs of bench/hostile_round.py without their clocks; what a flood costs stands in docs/benchmarks.md.
"""

import pytest

from bench.hostile_round import ALLOWED_PPS, flooded

LISTENERS = 10
TIMES = 100
SECONDS = 2.0
DRAIN = 2
"""At most so many times what was spoken in the run is heard in it: the run counts half a second longer."""


@pytest.mark.parametrize("kind", ["voice", "replay", "forged"])
async def test_a_flood_costs_no_listener_of_another_a_packet(kind: str) -> None:
    result = await flooded(kind, LISTENERS, SECONDS, TIMES * ALLOWED_PPS)
    assert result.sent > SECONDS * TIMES * ALLOWED_PPS / 4, "the generator did flood"
    assert result.lost == 0, result
    assert result.delivered <= DRAIN * result.spoken * LISTENERS, "nothing of the flood got through"
