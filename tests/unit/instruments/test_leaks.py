"""Leak accounting names what is held and since when."""

from collections import Counter

from sim.gateway import parse_metrics
from sim.leaks import Held

PAGE = """\
# HELP crosspatch_media_sessions media: sessions
# TYPE crosspatch_media_sessions gauge
crosspatch_media_sessions 2.0
crosspatch_media_sent_total 1.5e+06
process_thing{kind="a b",other="x}"} 3
"""


def test_metrics_are_read_by_name_and_labels() -> None:
    assert parse_metrics(PAGE) == {
        "crosspatch_media_sessions": 2.0,
        "crosspatch_media_sent_total": 1.5e6,
        'process_thing{kind="a b",other="x}"}': 3.0,
    }


SHARDS = Counter({"media-shard-0": 1, "python": 2})


def test_the_same_count_is_no_difference() -> None:
    held = Held({"legs": 1.0}, open_files=9, threads=SHARDS)
    assert held.differences(held) == []


def test_every_thing_kept_is_named_with_both_counts() -> None:
    before = Held({"legs": 0.0, "sessions": 1.0}, open_files=9, threads=SHARDS)
    after = Held(
        {"legs": 2.0, "sessions": 1.0, "timers": 3.0},
        open_files=10,
        threads=SHARDS + Counter({"media-shard-1": 1, "python": 50}),
    )
    assert before.differences(after) == [
        "legs: 0 -> 2",
        "timers: 0 -> 3",
        "open files: 9 -> 10",
        "threads python: 2 -> 52",
        "threads media-shard-1: 0 -> 1",
    ]


def test_a_file_or_a_thread_fewer_is_no_leak() -> None:
    before = Held({}, open_files=9, threads=SHARDS)
    assert before.differences(Held({}, open_files=8, threads=Counter())) == []


def test_a_pool_that_fills_up_is_no_leak() -> None:
    before = Held({}, open_files=9, threads=SHARDS)
    assert before.differences(Held({}, open_files=9, threads=SHARDS + Counter({"python": 3}))) == []
