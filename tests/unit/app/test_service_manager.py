"""What systemd hears: a datagram socket in its place, and its own word on the unit file."""

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gateway.app.service_manager import READY, ServiceManager

UNIT = Path(__file__).parents[3] / "examples" / "systemd" / "crosspatch.service"
DEADLINE_S = 5.0


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[socket.socket]:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as inbox:
        inbox.bind(str(tmp_path / "notify"))
        inbox.settimeout(DEADLINE_S)
        yield inbox


def test_it_is_told_that_the_doors_are_open(heard: socket.socket, tmp_path: Path) -> None:
    ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "notify")}).tell(READY)
    assert heard.recv(100) == b"READY=1"


def test_a_socket_without_a_file_is_reached() -> None:
    name = f"crosspatch-test-{os.getpid()}"
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as inbox:
        inbox.bind(f"\0{name}")
        ServiceManager({"NOTIFY_SOCKET": f"@{name}"}).tell(READY)
        inbox.settimeout(DEADLINE_S)
        assert inbox.recv(100) == b"READY=1"


async def test_as_long_as_the_loop_turns_the_watchdog_hears_of_it(
    heard: socket.socket, tmp_path: Path
) -> None:
    environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "20000"}
    watching = asyncio.create_task(ServiceManager(environment).watch())
    try:
        for _ in range(3):
            assert await asyncio.to_thread(heard.recv, 100) == b"WATCHDOG=1"
    finally:
        watching.cancel()


@pytest.mark.parametrize(
    "environment",
    [{}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "15000000", "WATCHDOG_PID": "1"}],
    ids=["none", "nonsense", "of another process"],
)
async def test_without_a_watchdog_of_its_own_there_is_nothing_to_do(environment: dict[str, str]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        await ServiceManager(environment).watch()


def test_a_manager_that_is_gone_keeps_nothing_from_running(tmp_path: Path) -> None:
    manager = ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "gone")})
    manager.tell(READY)
    manager.tell(READY)


def test_systemd_finds_nothing_wrong_with_the_unit_file(tmp_path: Path) -> None:
    # It looks for the program, which is not on this machine.
    text = UNIT.read_text().replace("/opt/crosspatch/bin/crosspatch", str(shutil.which("true")))
    unit = tmp_path / "crosspatch.service"
    unit.write_text(text)
    words = ["systemd-analyze", "verify", "--man=no", str(unit)]
    verified = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
