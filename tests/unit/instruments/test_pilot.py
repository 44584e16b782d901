"""The pilots: who of several speakers is heard, through every codec a telephone has."""

import numpy as np
import pytest

from sim.phone.codec import G722, Codec, Opus, Pcmu
from sim.signal.pilot import PILOTS_HZ, WINDOW_MS, levels, pilot

LEVEL_DBOV = -20.0
MS = 1000


@pytest.mark.parametrize("kind", [Pcmu, G722, Opus])
@pytest.mark.parametrize("speakers", [(0,), (1, 4), (0, 2, 3), (1, 3, 5)])
def test_the_speakers_are_told_apart_through_a_codec(kind: type[Codec], speakers: tuple[int, ...]) -> None:
    codec = kind()
    together = sum(
        (
            pilot(n, MS, rate_hz=codec.rate_hz, level_dbov=LEVEL_DBOV, seed=7).astype(np.int32)
            for n in speakers
        ),
        start=np.zeros(MS * codec.rate_hz // 1000, dtype=np.int32),
    )
    frames = together.astype(np.int16).reshape(-1, codec.rate_hz // 50)
    heard = np.concatenate([codec.decode(codec.encode(frame)) for frame in frames])
    middle = np.median(levels(heard, codec.rate_hz), axis=0)
    for number in range(len(PILOTS_HZ)):
        if number in speakers:
            assert middle[number] == pytest.approx(LEVEL_DBOV, abs=3)
        else:
            assert middle[number] < LEVEL_DBOV - 20


def test_a_speaker_who_stops_is_gone_from_the_next_window() -> None:
    first, second = pilot(0, 500), pilot(1, 500)
    rows = levels(np.concatenate([first, second]), 48_000)
    assert (rows[:4, 0] > LEVEL_DBOV - 1).all()
    assert (rows[6:, 0] < LEVEL_DBOV - 40).all()
    assert (rows[6:9, 1] > LEVEL_DBOV - 1).all()


def test_less_than_a_window_tells_nothing() -> None:
    assert levels(pilot(0, WINDOW_MS - 1), 48_000).shape == (0, len(PILOTS_HZ))
