"""Many calls a second by an independent caller: none fails, nothing is left (bench/, without its clock)."""

import pytest

from bench.call_round import load_of, play


@pytest.mark.parametrize("transport", ["udp", "tcp", "tcp-each", "tls"])
async def test_of_two_hundred_calls_none_fails_and_nothing_is_left(transport: str) -> None:
    result = await play(load_of(transport, per_s=100, calls=200, at_once=50))
    assert (result.failed, result.left) == (0, ""), result
    assert result.at_once >= 40, result
