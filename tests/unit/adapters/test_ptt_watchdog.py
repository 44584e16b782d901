"""The process that holds PTT, on its own: what happens when the one who keyed goes away."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.bridges import ptt_watchdog
from adapters.bridges.ptt_watchdog import now_us

DEADLINE_S = 10.0


class Held:
    """A running watchdog and its file of edges."""

    def __init__(self, folder: Path) -> None:
        self.edges = folder / "edges"
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", ptt_watchdog.__file__, str(self.edges)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"ready\n"

    def order(self, verb: str, channel: str = "vhf1", *, late_us: int = 0) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{verb} {channel} {now_us() - late_us}\n".encode())
        self.process.stdin.flush()

    def read(self, count: int) -> list[tuple[int, str, str, str]]:
        """The first ``count`` edges, waited for: time, channel, on or off, why."""
        until = time.monotonic() + DEADLINE_S
        while len(lines := self.edges.read_text().splitlines()) < count:
            assert time.monotonic() < until, lines
            time.sleep(0.005)
        return [(int(at), channel, state, why) for at, channel, state, why in map(str.split, lines)]


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Held]:
    running = Held(tmp_path)
    yield running
    running.process.kill()
    running.process.wait(DEADLINE_S)
    for pipe in (running.process.stdin, running.process.stdout):
        if pipe is not None:
            pipe.close()


def test_it_keys_and_unkeys_when_asked(held: Held) -> None:
    held.order("K")
    held.order("U")
    assert [edge[1:] for edge in held.read(2)] == [("vhf1", "on", "asked"), ("vhf1", "off", "asked")]


def test_it_lets_go_one_second_after_the_last_word(held: Held) -> None:
    held.order("K")
    time.sleep(0.5)
    held.order("K")
    last = now_us()
    on, off = held.read(2)
    assert off[1:] == ("vhf1", "off", "silent")
    assert 950_000 < off[0] - last < 1_300_000
    assert off[0] - on[0] > 1_400_000


def test_it_lets_go_of_every_channel_when_its_keeper_is_gone(held: Held) -> None:
    held.order("K", "vhf1")
    held.order("K", "uhf2")
    held.read(2)
    assert held.process.stdin is not None
    held.process.stdin.close()
    assert [edge[1:] for edge in held.read(4)[2:]] == [("vhf1", "off", "eof"), ("uhf2", "off", "eof")]
    assert held.process.wait(DEADLINE_S) == 0


def test_an_order_that_lay_in_the_pipe_counts_from_when_it_was_given(held: Held) -> None:
    held.order("K", "old", late_us=1_100_000)
    held.order("K", "new", late_us=900_000)
    on, off = held.read(2)
    assert (on[1], off[1], off[3]) == ("new", "new", "silent")
    assert off[0] - on[0] < 400_000


def test_after_a_standstill_of_its_own_it_lets_go_first(held: Held) -> None:
    held.order("K")
    held.read(1)
    os.kill(held.process.pid, signal.SIGSTOP)
    time.sleep(1.2)
    held.order("K")
    os.kill(held.process.pid, signal.SIGCONT)
    states = [edge[2:] for edge in held.read(3)]
    assert states == [("on", "asked"), ("off", "silent"), ("on", "asked")]


@pytest.mark.parametrize(
    "line", [b"\n", b"K vhf1\n", b"K vhf1 soon\n", b"X vhf1 1\n", b"\xff\xfe 1 2\n", b"K" * 9000]
)
def test_what_is_no_order_changes_nothing(held: Held, line: bytes) -> None:
    assert held.process.stdin is not None
    held.process.stdin.write(line + b"\n")
    held.order("K", "after")
    assert held.read(1)[0][1:] == ("after", "on", "asked")
