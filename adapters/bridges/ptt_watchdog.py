"""The PTT output in a process of its own: ``python ptt_watchdog.py EDGES``.

Holds the transmitters' PTT lines and lets go of one by itself 1 s after it was last told to hold it, or when
its standard input ends. A bridge that is stopped, blocked or killed therefore unkeys, whatever its last word
was. It reads lines ``K channel time`` (key, or keep keyed) and ``U channel time`` (unkey); ``time`` is
CLOCK_MONOTONIC in microseconds: an order that lay in the pipe counts from when it was given.

The output is simulated: each change is a line ``time channel on|off why`` in the file EDGES. Standard library
only and started with ``-I -S``: it must be up at once and owe nothing to the program that it watches.
"""

import os
import select
import signal
import sys
import time

HOLD_US = 1_000_000
"""Keyed so long after the last order to be."""
_READ_BYTES = 4096
_LINE_BYTES_MAX = 256
_CHANNELS_MAX = 16
_WORDS = 3


class Lines:
    """The PTT lines. ``write`` gets each change."""

    def __init__(self, edges: int) -> None:
        self._edges = edges
        self._until_us: dict[str, int] = {}
        """Of keyed lines: when to let go."""

    def order(self, line: bytes) -> None:
        """Carry out one line of input; one that is no order is passed over."""
        words = line.decode("ascii", errors="replace").split()
        if len(words) != _WORDS or not words[2].isdecimal():
            return
        verb, channel, at = words
        if verb == "U":
            self._let_go(channel, "asked")
        elif verb == "K" and (channel in self._until_us or len(self._until_us) < _CHANNELS_MAX):
            until_us = min(int(at), now_us()) + HOLD_US
            if until_us <= now_us():
                return
            if channel not in self._until_us:
                self._edge(channel, "on", "asked")
            self._until_us[channel] = until_us

    def expire(self) -> float | None:
        """Let go of what is due; seconds until the next may be, None when nothing is keyed."""
        now = now_us()
        for channel in [channel for channel, until in self._until_us.items() if until <= now]:
            self._let_go(channel, "silent")
        return min(self._until_us.values()) / 1e6 - now / 1e6 if self._until_us else None

    def let_go_of_all(self, why: str) -> None:
        """Every line off."""
        for channel in list(self._until_us):
            self._let_go(channel, why)

    def _let_go(self, channel: str, why: str) -> None:
        if self._until_us.pop(channel, None) is not None:
            self._edge(channel, "off", why)

    def _edge(self, channel: str, state: str, why: str) -> None:
        os.write(self._edges, f"{now_us()} {channel} {state} {why}\n".encode())


def now_us() -> int:
    """CLOCK_MONOTONIC, microseconds."""
    return time.monotonic_ns() // 1000


def watch(orders: int, edges: int) -> None:
    """Serve until the orders end."""
    lines, rest = Lines(edges), b""
    while True:
        wait_s = lines.expire()
        readable, _, _ = select.select([orders], [], [], wait_s)
        if not readable:
            continue
        lines.expire()  # first: what comes after a standstill must not hide that a line was let go
        data = os.read(orders, _READ_BYTES)
        if not data:
            lines.let_go_of_all("eof")
            return
        *whole, rest = (rest + data).split(b"\n")
        rest = rest[-_LINE_BYTES_MAX:]
        for line in whole:
            lines.order(line)


def main() -> None:
    """Ctrl-C in a terminal reaches us too: it is the bridge that ends then, and us by its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    edges = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(sys.stdout.fileno(), b"ready\n")
    watch(sys.stdin.fileno(), edges)


if __name__ == "__main__":
    main()
