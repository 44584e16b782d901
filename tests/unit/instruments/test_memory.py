"""The account of allocated memory sees what is kept, and says who keeps it."""

import sqlite3

from sim.memory import allocated

MEGABYTE = 1_000_000


def test_bytes_that_are_kept_are_seen_until_they_are_given_back() -> None:
    before = allocated()
    kept = [bytes(1000) for _ in range(1000)]
    during = allocated()
    assert MEGABYTE <= during.malloc_bytes - before.malloc_bytes < 1.2 * MEGABYTE
    del kept
    assert allocated().malloc_bytes - before.malloc_bytes < 0.1 * MEGABYTE


def test_small_objects_that_are_kept_are_seen_and_a_cycle_of_garbage_is_not() -> None:
    before = allocated()
    kept = [[number] for number in range(10_000)]
    assert allocated().python_blocks - before.python_blocks >= len(kept)
    kept.clear()
    for _ in range(10_000):
        cycle: list[object] = []
        cycle.append(cycle)
    assert allocated().python_blocks - before.python_blocks < 1000


def test_what_sqlite_keeps_is_told_apart() -> None:
    before = allocated()
    database = sqlite3.connect(":memory:")
    database.execute("create table kept as select zeroblob(1000000) as row")
    after = allocated()
    assert after.sqlite_bytes - before.sqlite_bytes >= MEGABYTE
    assert after.malloc_bytes - before.malloc_bytes < 0.2 * MEGABYTE
    database.close()
