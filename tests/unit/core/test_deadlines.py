import tracemalloc

from gateway.core.deadlines import Deadlines


def test_the_earliest_deadline_is_the_next() -> None:
    deadlines: Deadlines[str] = Deadlines()
    deadlines.set("late", 9.0)
    deadlines.set("early", 3.0)
    assert deadlines.next() == 3.0


def test_what_is_due_is_taken_once_in_order() -> None:
    deadlines: Deadlines[str] = Deadlines()
    for name, at in (("third", 3.0), ("first", 1.0), ("second", 2.0), ("later", 8.0)):
        deadlines.set(name, at)
    assert deadlines.take_due(3.0) == ["first", "second", "third"]
    assert deadlines.take_due(3.0) == []


def test_equal_times_fall_due_in_the_order_they_were_set() -> None:
    deadlines: Deadlines[str] = Deadlines()
    for name in ("b", "a"):
        deadlines.set(name, 1.0)
    assert deadlines.take_due(1.0) == ["b", "a"]


def test_a_deadline_that_moves_away_and_back_has_lost_its_place() -> None:
    deadlines: Deadlines[str] = Deadlines()
    for name, at in (("b", 1.0), ("a", 1.0), ("b", 2.0), ("b", 1.0)):
        deadlines.set(name, at)
    assert deadlines.take_due(1.0) == ["a", "b"]


def test_a_deadline_that_moves_falls_due_at_its_last_time_only() -> None:
    deadlines: Deadlines[str] = Deadlines()
    for at in (1.0, 5.0, 3.0):
        deadlines.set("moved", at)
    assert (deadlines.next(), deadlines.take_due(2.0)) == (3.0, [])
    assert deadlines.take_due(9.0) == ["moved"]


def test_a_deadline_that_moves_for_ever_costs_no_memory() -> None:
    deadlines: Deadlines[str] = Deadlines()
    deadlines.set("first", 0.0)
    for step in range(10_000):
        deadlines.set("moved", 10.0 + step)
    tracemalloc.start()
    for step in range(10_000):
        deadlines.set("moved", 90_000.0 + step)
    grown = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert grown < 50_000


def test_a_cleared_deadline_never_falls_due() -> None:
    deadlines: Deadlines[str] = Deadlines()
    deadlines.set("gone", 1.0)
    deadlines.clear("gone")
    assert (deadlines.next(), deadlines.take_due(2.0)) == (None, [])
