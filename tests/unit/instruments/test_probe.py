"""The probe's judgement of a talkspurt whose delay, head and tail are known, and its statistics."""

import json

import numpy as np
import pytest

from sim.probe.figures import Figures, Kind, Pair, percentiles
from sim.probe.judge import Hearing, entered, judge
from sim.probe.table import document, text
from sim.probe.take import Block, Spurt, Take
from sim.probe.targets import verdicts
from sim.signal.encode import Pcm, numbered

RATE_HZ = 8000
FRAME = RATE_HZ // 50
FIRST, FRAMES = 1000, 240
PRESSED_S = 77.0
VOICE_S = 77.1
LATE_S = 0.08
"""From mouth to ear."""


def spurt() -> Spurt:
    return Spurt(
        pressed_s=PRESSED_S, may_speak_s=PRESSED_S + 0.03, voice_s=VOICE_S, first=FIRST, frames=FRAMES
    )


def blocks(numbers: range, *, later_s: float = 0.0, pcm: Pcm | None = None) -> list[Block]:
    """These frames of the talkspurt as an ear gets them, after as much silence as was before them."""
    voice = numbered(FIRST, FRAMES, rate_hz=RATE_HZ) if pcm is None else pcm
    return [
        Block(
            at=number * FRAME,
            came_s=VOICE_S + number * 0.02 + LATE_S + later_s,
            pcm=voice[number * FRAME : (number + 1) * FRAME],
        )
        for number in numbers
    ]


def heard(*parts: list[Block]) -> Hearing:
    return judge(spurt(), Take(RATE_HZ, [block for part in parts for block in part]))


def test_a_whole_talkspurt_is_timed_from_press_and_mouth() -> None:
    found = heard(blocks(range(FRAMES)))
    assert found.end_to_end_ms == pytest.approx(180, abs=3)
    assert found.first_second_ms == pytest.approx(80, abs=3)
    assert found.fifth_second_ms == pytest.approx(80, abs=3)
    assert (found.head_frames_lost, found.inside_frames_lost, found.tail_frames_lost) == (0, 0, 0)


@pytest.mark.parametrize("lost", [1, 3, 25])
def test_a_cut_head_is_counted_frame_by_frame(lost: int) -> None:
    found = heard(blocks(range(lost, FRAMES)))
    assert (found.head_frames_lost, found.inside_frames_lost, found.tail_frames_lost) == (lost, 0, 0)
    assert found.end_to_end_ms == pytest.approx(180 + lost * 20, abs=3)


@pytest.mark.parametrize("lost", [1, 3, 25])
def test_a_cut_tail_is_counted_frame_by_frame(lost: int) -> None:
    found = heard(blocks(range(FRAMES - lost)))
    assert (found.head_frames_lost, found.inside_frames_lost, found.tail_frames_lost) == (0, 0, lost)


def test_a_hole_is_neither_head_nor_tail() -> None:
    found = heard(blocks(range(60)), blocks(range(64, FRAMES)))
    assert (found.head_frames_lost, found.inside_frames_lost, found.tail_frames_lost) == (0, 4, 0)


def test_frames_that_never_came_are_a_hole_where_media_time_has_none() -> None:
    before, after = blocks(range(60)), blocks(range(90, FRAMES))
    close = [Block(block.at - 30 * FRAME, block.came_s, block.pcm) for block in after]
    found = heard(before, close)
    assert (found.head_frames_lost, found.inside_frames_lost, found.tail_frames_lost) == (0, 30, 0)
    assert found.fifth_second_ms == pytest.approx(80, abs=3)


@pytest.mark.parametrize("index", [3, 60, 85, 120, 155])
def test_a_sound_that_is_no_frame_does_not_move_the_others(index: int) -> None:
    stray = Block(-5 * FRAME, VOICE_S - 0.1 + LATE_S, numbered(index, 1, rate_hz=RATE_HZ))
    found = heard([stray], blocks(range(2, FRAMES)))
    assert (found.head_frames_lost, found.inside_frames_lost, found.tail_frames_lost) == (2, 0, 0)


def test_what_comes_later_in_the_fifth_second_is_seen_there_alone() -> None:
    found = heard(blocks(range(150)), blocks(range(150, FRAMES), later_s=0.05))
    assert found.first_second_ms == pytest.approx(80, abs=3)
    assert found.fifth_second_ms == pytest.approx(130, abs=3)


@pytest.mark.parametrize("level", [0, 2000])
def test_silence_and_noise_are_a_talkspurt_lost_whole(level: int) -> None:
    noise = np.random.default_rng(7).integers(-level, level + 1, FRAMES * FRAME).astype(np.int16)
    found = heard(blocks(range(FRAMES), pcm=noise))
    assert not found.heard
    assert found.head_frames_lost == FRAMES


def test_an_ear_that_got_nothing_lost_it_whole() -> None:
    found = heard()
    assert (found.heard, found.head_frames_lost) == (False, FRAMES)


def test_who_comes_late_is_timed_from_his_media_to_the_first_he_hears() -> None:
    take = Take(RATE_HZ, blocks(range(100, FRAMES)))
    up_s = VOICE_S + 2.0
    assert entered(spurt(), up_s, take) == pytest.approx(80, abs=3)
    assert entered(spurt(), up_s, Take(RATE_HZ, [])) is None


def test_the_first_sound_behind_a_press_is_the_tone() -> None:
    quiet, tone = np.zeros(FRAME, dtype=np.int16), numbered(0, 1, rate_hz=RATE_HZ)
    take = Take(
        RATE_HZ,
        [
            Block(number * FRAME, 5 + number * 0.02, tone if number in (2, 9) else quiet)
            for number in range(12)
        ],
    )
    assert take.sound_after(5.1) == pytest.approx(5.18)
    assert take.sound_after(5.2) is None


def test_percentiles_are_values_that_were_measured() -> None:
    found = percentiles([float(value) for value in range(100, 0, -1)])
    assert (found.p50, found.p95, found.p99, found.count) == (50, 95, 99, 100)
    assert percentiles([3.0, 1.0]).p99 == 3.0
    assert percentiles([]).p95 is None


def figures(hearing: Hearing, access_ms: float | None = 30.0) -> Figures:
    """Every pair heard the same."""
    found = Figures.empty()
    for pair in found.pairs.values():
        pair.add(access_ms, hearing)
        pair.late_entry_ms.append(20.0)
    return found


def missed(found: Figures) -> set[tuple[str, str, str]]:
    return {(one.pair.source, one.pair.sink, one.what) for one in verdicts(found) if not one.passed}


def test_all_targets_are_reached_by_a_whole_talkspurt_and_one_lost_frame_misses() -> None:
    assert missed(figures(heard(blocks(range(FRAMES))))) == set()
    pairs = {(source, sink) for source in Kind for sink in Kind}
    assert missed(figures(heard(blocks(range(1, FRAMES))))) == {(*pair, "head") for pair in pairs}
    assert missed(figures(heard(blocks(range(FRAMES - 1))))) == {(*pair, "tail") for pair in pairs}


def test_what_was_never_measured_is_missed() -> None:
    whole = heard(blocks(range(FRAMES)))
    assert {what for _, _, what in missed(figures(whole, access_ms=None))} == {"access"}
    assert {what for _, _, what in missed(Figures.empty())} == {
        "access",
        "end-to-end",
        "mouth-to-ear",
        "late entry",
        "head",
        "tail",
    }


def test_one_press_without_an_answer_misses_however_quick_the_others_were() -> None:
    whole, found = heard(blocks(range(FRAMES))), Figures.empty()
    for access_ms in (20.0, None, 20.0):
        found[Kind.PHONE, Kind.RADIO].add(access_ms, whole)
    assert ("phone", "radio", "access") in missed(found)


@pytest.mark.parametrize(
    ("access_ms", "missing"),
    [
        ([150.0] * 100, set()),
        ([150.0] * 94 + [250.0] * 6, {"access"}),
        ([150.0] * 98 + [450.0] * 2, {"access p99"}),
        ([150.0] * 99 + [750.0], {"longest access"}),
        ([150.0] * 99 + [None], {"access", "access p99", "longest access"}),
    ],
)
def test_over_a_network_that_loses_the_access_of_a_page_is_judged_alone(
    access_ms: list[float | None], missing: set[str]
) -> None:
    found = Figures.empty(loss_percent=5)
    for pair in found.pairs.values():
        for value in access_ms:
            pair.add(value, heard())
    assert {what for source, _, what in missed(found)} == missing
    assert {pair.source for pair in found.pairs.values()} == {Kind.BROWSER}
    assert document(found)["loss_percent"] == 5
    assert "browser -> radio" in text(found)


def test_the_p95_of_one_pair_is_judged_and_not_its_median() -> None:
    pair = Pair(Kind.BROWSER, Kind.PHONE, access_ms=[10.0] * 18 + [90.0] * 2)
    judged = {one.what: one for one in verdicts(Figures({(pair.source, pair.sink): pair}))}
    assert (judged["access"].value, judged["access"].passed) == (90.0, False)


def test_a_pair_that_heard_nothing_says_so_in_both_forms() -> None:
    found = figures(heard())
    rows = json.loads(json.dumps(document(found)))["pairs"]
    assert len(rows) == 9
    assert rows[0]["end_to_end_ms"] == {"p50": None, "p95": None, "p99": None, "count": 0}
    assert (rows[0]["head_frames_lost"], rows[0]["unheard"]) == (FRAMES, 1)
    assert text(found).count("unheard") == 9
