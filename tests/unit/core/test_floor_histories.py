"""Ten thousand histories of one floor, made by hypothesis, each judged after every step and replayed."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.room import Preemption
from tests.sim.floor_history import FloorHistory


@given(
    preemption=st.sampled_from(Preemption),
    talkers_max=st.integers(1, 3),
    history=st.binary(min_size=10, max_size=60),
)
@settings(max_examples=10_000, deadline=None, derandomize=True)
def test_whatever_happens_the_floor_keeps_its_promises_and_replays(
    preemption: Preemption, talkers_max: int, history: bytes
) -> None:
    world = FloorHistory(preemption, talkers_max)
    world.play(history)
    assert world.replayed()
