from itertools import pairwise
from math import hypot
from pathlib import Path

import numpy as np
import pytest

from sim.demo.folder import FolderTaken, data_folder
from sim.demo.scene import HEIGHT, WIDTH, Scene, Tint
from sim.demo.setting import secret
from sim.demo.sounds import ANNOUNCEMENT, chime, murmur
from sim.demo.tally import FIRST, FRAMES, Tally, spoken
from sim.demo.town import RING, RIVER_BANK, Round
from sim.signal.encode import numbered


def test_its_folder_is_for_the_owner_only_and_gone_afterwards(tmp_path: Path) -> None:
    with data_folder(tmp_path / "var" / "demo") as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        assert secret(folder, "password").stat().st_mode & 0o777 == 0o600
    assert not folder.exists()


def test_what_a_killed_world_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / "demo-world").touch()
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "token.key").touch()
    with data_folder(tmp_path) as folder:
        assert [path.name for path in folder.iterdir()] == ["demo-world"]


def test_a_folder_of_somebody_else_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "letters").touch()
    with pytest.raises(FolderTaken, match="--dir"), data_folder(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["letters"]


def test_two_worlds_do_not_share_a_folder(tmp_path: Path) -> None:
    with data_folder(tmp_path) as folder:
        (folder / "token.key").touch()
        with pytest.raises(FolderTaken, match="Ctrl-C"), data_folder(tmp_path):
            pass
        assert (folder / "token.key").exists()


def test_every_password_is_another_one(tmp_path: Path) -> None:
    first = secret(tmp_path, "first").read_text()
    assert len(first) > 30
    assert secret(tmp_path, "second").read_text() != first


@pytest.mark.parametrize("rate_hz", [8_000, 48_000])
def test_what_is_said_is_whole_frames_neither_silent_nor_clipped(rate_hz: int) -> None:
    for said in (chime(ANNOUNCEMENT, rate_hz=rate_hz), murmur(7, rate_hz=rate_hz, seed=1)):
        assert len(said) % (rate_hz // 50) == 0
        assert 4_000 < np.abs(said.astype(int)).max() < 16_000


def test_a_murmur_is_the_same_for_one_seed_and_another_for_the_next() -> None:
    first, again, other = (murmur(7, rate_hz=8_000, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first[: len(other)], other[: len(first)])


def test_each_picture_differs_from_the_one_before_and_shows_the_clock() -> None:
    scene = Scene(Tint(150, 118), seed=7)
    first, second = (scene.picture(number, "123456", 6) for number in (0, 1))
    assert first.shape == (HEIGHT * 3 // 2, WIDTH)
    assert not np.array_equal(first, second)
    later = scene.picture(0, "123457", 6)
    assert np.array_equal(first[40:], later[40:])
    assert not np.array_equal(first[:40], later[:40])


@pytest.mark.parametrize("corners", [RING, RIVER_BANK])
def test_a_round_is_driven_steadily_and_closes(corners: list[tuple[float, float]]) -> None:
    way = Round(corners, speed_mps=10.0)
    places = [way.at(second * way.length_s / 1000) for second in range(1001)]
    assert places[-1] == pytest.approx(places[0], abs=1e-9)
    step_m = 10.0 * way.length_s / 1000
    for (lat, lon), (next_lat, next_lon) in pairwise(places):
        east, north = (next_lon - lon) * 101_290, (next_lat - lat) * 111_320
        assert hypot(east, north) <= step_m * 1.01


def _talkspurt(rate_hz: int) -> np.ndarray:
    quiet = np.zeros(rate_hz // 5, dtype=np.int16)
    return np.concatenate([quiet, spoken(rate_hz), quiet])


async def test_a_talkspurt_that_came_whole_counts_as_whole() -> None:
    tally = Tally("phone")
    await tally.judge(_talkspurt(8000), 8000)
    assert (tally.talkspurts, tally.indices, tally.lost) == (1, FRAMES, 0)


@pytest.mark.parametrize(
    ("from_frame", "frames"), [(0, 3), (30, 2), (FRAMES - 4, 4)], ids=["its head", "its middle", "its tail"]
)
async def test_frames_that_did_not_come_are_counted(from_frame: int, frames: int) -> None:
    heard = _talkspurt(8000)
    breath = len(spoken(8000)) - FRAMES * 160
    begin = 8000 // 5 + breath + from_frame * 160
    heard[begin : begin + frames * 160] = 0
    tally = Tally("phone")
    await tally.judge(heard, 8000)
    assert tally.lost == frames
    assert str(FRAMES - frames) in tally.line()


async def test_an_index_beyond_the_last_word_is_no_loss() -> None:
    click = numbered(FIRST + FRAMES + 10, 5, rate_hz=8000)
    quiet = np.zeros(10 * 160, dtype=np.int16)
    tally = Tally("phone")
    await tally.judge(np.concatenate([spoken(8000), quiet, click]), 8000)
    assert (tally.talkspurts, tally.lost) == (1, 0)


async def test_sound_that_nobody_numbered_counts_as_nothing() -> None:
    tally = Tally("phone")
    await tally.judge(murmur(5, rate_hz=8000, seed=1), 8000)
    assert tally.talkspurts == 0
