"""A gateway as systemd runs it: a socket in systemd's place hears of its start, its life and its end."""

import socket
from contextlib import closing
from pathlib import Path

import pytest

from sim.gateway import gateway

DEADLINE_S = 10.0


async def test_systemd_hears_when_the_doors_are_open_that_the_loop_turns_and_when_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as inbox:
        inbox.bind(str(tmp_path / "notify"))
        inbox.settimeout(DEADLINE_S)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "2000000")
        async with gateway(tmp_path):
            heard = [inbox.recv(100) for _ in range(5)]
        assert heard.count(b"READY=1") == 1
        assert heard.count(b"WATCHDOG=1") == len(heard) - 1
        while inbox.recv(100) != b"STOPPING=1":
            pass
