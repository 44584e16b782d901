"""Orders that a full native queue refuses: kept in their place, bounded."""

from gateway.backlog import Backlog
from tests.unit.app.values import eventually


class Queue:
    """A native queue as its orders see it."""

    def __init__(self) -> None:
        self.full = False
        self.taken: list[int] = []

    def take(self, number: int) -> None:
        if self.full:
            raise BlockingIOError
        self.taken.append(number)


async def test_orders_behind_a_refused_one_keep_their_place() -> None:
    queue, backlog = Queue(), Backlog(lambda: None)
    backlog.give(lambda: queue.take(1))
    queue.full = True
    backlog.give(lambda: queue.take(2))
    queue.full = False
    backlog.give(lambda: queue.take(3))
    await eventually(lambda: not backlog)
    assert (queue.taken, backlog.delayed_total) == ([1, 2, 3], 2)


async def test_beyond_the_bound_the_oldest_order_is_lost_and_told() -> None:
    lost: list[None] = []
    queue = Queue()
    queue.full = True
    backlog = Backlog(lambda: lost.append(None), len_max=2)
    for number in range(3):
        backlog.give(lambda number=number: queue.take(number))  # type: ignore[misc]
    queue.full = False
    await eventually(lambda: not backlog)
    assert (queue.taken, len(lost)) == ([1, 2], 1)


async def test_an_order_that_fails_while_it_waits_is_dropped_and_counted_and_those_behind_it_go() -> None:
    queue, backlog = Queue(), Backlog(lambda: None)
    queue.full = True

    def broken() -> None:
        queue.take(1)
        raise ValueError

    backlog.give(broken)
    backlog.give(lambda: queue.take(2))
    queue.full = False
    await eventually(lambda: not backlog)
    assert (queue.taken, backlog.failed_total) == ([1, 2], 1)
