"""Story 4: one talker, many listeners, nothing lost (the load of bench/, without its clock)."""

import pytest

from bench.generator import GeneratorFailed
from bench.peers.crosspatch import Crosspatch
from bench.round import play


@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize("listeners", [40, 200])
async def test_every_listener_of_one_talker_hears_every_packet(listeners: int, shards: int) -> None:
    result = await play(Crosspatch(shards), listeners, seconds=3, packets_per_second=50, payload_bytes=100)
    assert (result.lost, result.delivered >= 3 * 50 * listeners) == (0, True)


async def test_with_forwarding_off_nobody_hears_anything() -> None:
    with pytest.raises(GeneratorFailed, match="heard nothing in time"):
        await play(Crosspatch(forwarding=False), 2, 1, packets_per_second=50, payload_bytes=100, patience_s=3)
