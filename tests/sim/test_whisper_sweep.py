"""Whispers over many seeds: whatever else happens, they reach nobody but the one who was told."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sim.whisper_history import WhisperHistory

HAPPENINGS = 3000


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.binary(max_size=80))
def test_a_whisper_never_reaches_a_third_leg(history: bytes) -> None:
    world = WhisperHistory()
    world.play(history)
    assert world.replayed()


@pytest.mark.parametrize("seed", range(10))
def test_a_long_history_keeps_every_promise_and_replays_alike(seed: int) -> None:
    world = WhisperHistory()
    world.play(random.Random(seed).randbytes(HAPPENINGS))
    assert world.whispered > HAPPENINGS // 20, "a sweep with few whispers would prove nothing"
    assert world.replayed()
