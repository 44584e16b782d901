"""The numbered signal is judged before it judges: what is whole reads whole, what is spoilt is named."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from sim.signal.decode import decode
from sim.signal.encode import Pcm, numbered
from sim.signal.report import Gap
from sim.signal.tones import CYCLE

OpusLoop = Callable[[Pcm, int], Pcm]
Cut = Callable[[Sequence[int]], Pcm]


def _silence(ms: float, rate_hz: int = 48_000) -> Pcm:
    return np.zeros(int(rate_hz * ms / 1000), dtype=np.int16)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 48_000])
@pytest.mark.parametrize("lead_ms", [0.0, 3.25, 11.0, 17.5])
def test_a_whole_signal_reads_whole_at_any_rate_and_alignment(rate_hz: int, lead_ms: float) -> None:
    played = np.concatenate(
        [_silence(lead_ms, rate_hz), numbered(0, 400, rate_hz=rate_hz), _silence(50, rate_hz)]
    )
    heard = decode(played, rate_hz)
    assert heard.whole(0, 399)
    assert heard.duplicates == ()


@pytest.mark.parametrize("bit_rate", [24_000, 32_000])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_signal_survives_opus_for_speech(opus: OpusLoop, bit_rate: int, seed: int) -> None:
    played = opus(np.concatenate([numbered(0, 400, seed=seed), _silence(60)]), bit_rate)
    heard = decode(played, 48_000)
    assert heard.whole(0, 399)
    assert heard.duplicates == ()


def test_the_signal_survives_the_telephone() -> None:
    linear = numbered(0, 400, rate_hz=8_000) / 32768
    law = np.round(np.sign(linear) * np.log1p(255 * np.abs(linear)) / np.log(256) * 127) / 127
    played = np.sign(law) * (256 ** np.abs(law) - 1) / 255 * 32767
    assert decode(played.astype(np.int16), 8_000).whole(0, 399)


def test_indexes_count_on_past_the_cycle() -> None:
    heard = decode(numbered(100, 3 * CYCLE), 48_000, near=100)
    assert heard.whole(100, 100 + 3 * CYCLE - 1)


def test_indexes_count_on_over_an_outage_of_many_cycles(cut: Cut) -> None:
    played = np.concatenate([cut(range(50)), _silence(20 * 500), cut(range(550, 600))])
    heard = decode(played, 48_000)
    assert (heard.first, heard.last, heard.gaps) == (0, 599, (Gap(50, 549),))


def test_a_missing_frame_is_a_gap(cut: Cut) -> None:
    assert decode(cut([0, 1, 2, 4, 5, 8, 9, 10]), 48_000).gaps == (Gap(3, 3), Gap(6, 7))


def test_no_missing_frame_of_a_cycle_passes_as_squeezed(cut: Cut) -> None:
    for missing in range(2, CYCLE + 2):
        order = [index for index in range(missing - 2, missing + 3) if index != missing]
        assert decode(cut(order), 48_000, near=order[0]).gaps == (Gap(missing, missing),)


def test_every_missing_frame_is_a_gap_after_opus(opus: OpusLoop, cut: Cut) -> None:
    played = opus(cut([index for index in range(500) if index % 7 != 3]), 24_000)
    assert decode(played, 48_000).gaps == tuple(Gap(index, index) for index in range(3, 499, 7))


def test_a_frame_lost_under_silence_is_a_gap(cut: Cut) -> None:
    played = np.concatenate([cut(range(10)), _silence(20), cut(range(11, 20))])
    assert decode(played, 48_000).gaps == (Gap(10, 10),)


def test_a_looped_frame_is_reported_each_time_it_plays(cut: Cut) -> None:
    heard = decode(cut([3, 4, *[5] * 50]), 48_000)
    assert heard.duplicates == (5,) * 49
    assert not heard.whole(3, 53)


def test_a_looped_stretch_is_reported_as_order_error_and_duplicates(cut: Cut) -> None:
    heard = decode(cut([*range(20), *range(10, 30)]), 48_000)
    assert heard.order_errors == ((19, 10),)
    assert heard.duplicates == tuple(range(10, 20))


def test_swapped_frames_are_an_order_error(cut: Cut) -> None:
    heard = decode(cut([0, 1, 3, 2, 4, 5]), 48_000)
    assert heard.order_errors == ((3, 2),)
    assert heard.gaps == ()


def test_what_rings_on_after_the_last_frame_is_not_a_frame(cut: Cut) -> None:
    ringing = cut([40, 40, 40]) // 20
    heard = decode(np.concatenate([cut(range(20)), ringing]), 48_000)
    assert heard.whole(0, 19)
    assert heard.duplicates == ()


def test_silence_is_nothing_heard() -> None:
    heard = decode(_silence(1000), 48_000)
    assert (heard.first, heard.last, heard.frames) == (None, None, 0)
    assert heard.silent_ms > 950


@pytest.mark.parametrize("seed", range(5))
def test_noise_is_nothing_heard(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 4000, 3 * 48_000).astype(np.int16)
    heard = decode(noise, 48_000)
    assert heard.frames == 0
    assert heard.unclear_ms > 2900


def test_a_steady_tone_is_nothing_heard() -> None:
    tone = (8000 * np.sin(2 * np.pi * 1000 * np.arange(48_000) / 48_000)).astype(np.int16)
    heard = decode(tone, 48_000)
    assert heard.frames <= 1
    assert len(heard.duplicates) >= heard.frames * 40


def test_two_signals_on_top_of_each_other_are_not_a_whole_one() -> None:
    played = numbered(0, 100) // 2 + numbered(31, 100) // 2
    assert not decode(played, 48_000).whole(0, 99)


def test_a_recording_shorter_than_a_window_is_nothing_heard() -> None:
    assert decode(_silence(3), 48_000).frames == 0


@pytest.mark.parametrize("kept_ms", [5, 8, 10, 15])
def test_a_frame_squeezed_by_a_jitter_buffer_is_heard(cut: Cut, kept_ms: int) -> None:
    kept = kept_ms * 48
    for index in range(5, 100, 6):
        middle = cut([index])[480 - kept // 2 : 480 + kept // 2]
        played = np.concatenate([cut([index - 2, index - 1]), middle, cut([index + 1, index + 2])])
        assert decode(played, 48_000).whole(index - 2, index + 2)


@pytest.mark.parametrize("extra_ms", [5, 10, 15])
def test_a_frame_stretched_by_a_jitter_buffer_is_heard_once(cut: Cut, extra_ms: int) -> None:
    extra = cut([5])[200 : 200 + extra_ms * 48]
    played = np.concatenate([cut(range(5)), cut([5])[: 200 + extra_ms * 48], extra, cut(range(6, 12))])
    heard = decode(played, 48_000)
    assert heard.gaps == ()
    assert heard.order_errors == ()


@pytest.mark.parametrize("neighbour", [60, 65, 91, 96])
def test_a_frame_bent_to_a_neighbouring_tone_by_concealment_is_held_not_another(
    cut: Cut, neighbour: int
) -> None:
    heard = decode(cut([*range(100, 124), 123 + neighbour, *range(124, 140)]), 48_000, near=100)
    assert heard.whole(100, 139)
    assert heard.duplicates == (123,)


@pytest.mark.parametrize("jump", [60, 65, 91, 96])
def test_a_jump_to_a_neighbouring_tone_is_a_gap(cut: Cut, jump: int) -> None:
    heard = decode(cut([*range(20), *range(19 + jump, 40 + jump)]), 48_000)
    assert heard.gaps or heard.order_errors


def test_delay_and_first_index_come_from_the_senders_time() -> None:
    played = np.concatenate([_silence(500), numbered(1000, 50)])
    heard = decode(played, 48_000, sent_at_ms=500 - 120 - 1000 * 20)
    assert heard.whole(1000, 1049)
    assert heard.delay is not None
    assert heard.delay.median_ms == pytest.approx(120, abs=2)


@pytest.mark.parametrize("level_dbov", [-12.0, -30.0])
def test_the_level_is_measured(level_dbov: float) -> None:
    heard = decode(numbered(0, 100, level_dbov=level_dbov), 48_000)
    assert heard.level_dbov == pytest.approx(level_dbov, abs=0.5)
