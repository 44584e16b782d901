"""Long histories of one floor over many seeds, behind the ten thousand short ones of the unit tests."""

import random

import pytest

from gateway.model.room import Preemption
from tests.sim.floor_history import FloorHistory

HAPPENINGS = 3000


@pytest.mark.parametrize("preemption", Preemption)
@pytest.mark.parametrize("seed", range(10))
def test_a_long_history_keeps_every_promise_and_serves_whom_it_queues(
    preemption: Preemption, seed: int
) -> None:
    world = FloorHistory(preemption, talkers_max=1 + seed % 3)
    world.play(random.Random(seed).randbytes(HAPPENINGS))
    assert world.judge.served > 0, "a sweep in which nobody was served would prove nothing"
    assert world.replayed()
