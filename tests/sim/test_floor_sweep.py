"""Long histories of one floor over many seeds, behind the ten thousand short ones of the unit tests."""

import random

import pytest

from gateway.model.room import Preemption
from tests.sim.floor_history import FloorHistory

# By talkers: where three talk at once, all but one of the people must talk before the last waits.
HAPPENINGS = {1: 3000, 2: 4000, 3: 9000}


@pytest.mark.parametrize("preemption", Preemption)
@pytest.mark.parametrize("seed", range(10))
def test_a_long_history_keeps_every_promise_and_serves_whom_it_queues(
    preemption: Preemption, seed: int
) -> None:
    talkers_max = 1 + seed % 3
    world = FloorHistory(preemption, talkers_max)
    world.play(random.Random(seed).randbytes(HAPPENINGS[talkers_max]))
    assert world.judge.served > 0, "a sweep in which nobody was served would prove nothing"
    assert world.replayed()
