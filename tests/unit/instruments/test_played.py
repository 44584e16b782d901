"""The recorder keeps media time: what never came is silence, not a splice."""

import asyncio

import numpy as np
import pytest

from sim.signal.encode import numbered
from sim.signal.played import Recorder
from sim.signal.report import Gap

BLOCK = 960


def _blocks(first: int, count: int) -> list[np.ndarray[tuple[int, ...], np.dtype[np.int16]]]:
    return list(numbered(first, count).reshape(count, BLOCK))


def test_blocks_in_a_row_read_as_one_signal() -> None:
    recorder = Recorder(48_000)
    for place, block in enumerate(_blocks(0, 20)):
        recorder.put(5_000 + place * BLOCK, block)
    assert recorder.take().heard().whole(0, 19)


def test_a_block_that_never_came_is_a_gap_of_its_length() -> None:
    recorder = Recorder(48_000)
    for place, block in enumerate(_blocks(0, 20)):
        if place not in (7, 8):
            recorder.put(place * BLOCK, block)
    played = recorder.take()
    assert len(played.pcm) == 20 * BLOCK
    assert played.heard().gaps == (Gap(7, 8),)


def test_after_forget_only_what_came_since_is_judged() -> None:
    recorder = Recorder(48_000)
    recorder.put(0, _blocks(0, 1)[0])
    recorder.forget()
    for place, block in enumerate(_blocks(100, 10)):
        recorder.put((50 + place) * BLOCK, block)
    assert recorder.take().heard(near=100).whole(100, 109)


def test_a_block_far_in_the_future_is_not_kept() -> None:
    recorder = Recorder(48_000)
    recorder.put(0, _blocks(0, 1)[0])
    recorder.put(48_000 * 3_600, _blocks(1, 1)[0])
    assert len(recorder.take().pcm) == BLOCK


async def test_heard_out_waits_for_sound_and_then_quiet() -> None:
    recorder = Recorder(48_000)
    waiting = asyncio.create_task(recorder.heard_out(loud_ms=40, quiet_ms=40))
    for place, block in enumerate([*_blocks(0, 2), np.zeros(BLOCK, dtype=np.int16)]):
        recorder.put(place * BLOCK, block)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(waiting), 0.01)
    recorder.put(3 * BLOCK, np.zeros(BLOCK, dtype=np.int16))
    await waiting


async def test_a_sender_that_stops_is_quiet() -> None:
    recorder = Recorder(48_000)
    for place, block in enumerate(_blocks(0, 2)):
        recorder.put(place * BLOCK, block)
    await asyncio.wait_for(recorder.heard_out(loud_ms=40, quiet_ms=100), 5)
