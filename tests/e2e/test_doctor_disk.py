"""``crosspatch doctor`` on file systems with something wrong: real ones in memory, in a mount namespace."""

import asyncio
import os
from pathlib import Path

import pytest

from sim.gateway import CROSSPATCH, Gateway, gateway

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 30.0
OWN_MOUNTS = ("unshare", *([] if os.geteuid() == 0 else ["--map-root-user"]), "--mount")
OTHERS_MOUNTS = ("nsenter", *([] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]), "--mount")
MOUNTED = 'mount -t tmpfs -o "mode=0700,$1" tmpfs "$2" && eval "$3" && shift 3 && exec "$@"'
"""Arguments: options, place, what is done there before the program starts, the program."""


def on_a_disk(place: Path, options: str, prepare: str = ":") -> tuple[str, ...]:
    """What starts the rest of its command line where ``place`` is a file system of its own."""
    place.mkdir()
    return (*OWN_MOUNTS, "sh", "-c", MOUNTED, "sh", options, str(place), prepare)


async def run(*line: str) -> tuple[int | None, str]:
    """Exit code and what was said."""
    process = await asyncio.create_subprocess_exec(
        *line, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await asyncio.wait_for(process.communicate(), DEADLINE_S)
    return process.returncode, said.decode()


async def beside(hub: Gateway, *line: str) -> tuple[int | None, str]:
    """The same where the gateway sees its disk."""
    return await run(*OTHERS_MOUNTS, "--target", str(hub.pid), f"--wd={ROOT}", *line)


async def test_a_disk_that_runs_full_beside_the_gateway_is_told_until_there_is_room_again(
    tmp_path: Path,
) -> None:
    disk = on_a_disk(tmp_path / "var", "size=40m")
    async with gateway(tmp_path, program=(*disk, *CROSSPATCH)) as hub:
        doctor = (*CROSSPATCH, "doctor", "--config", str(tmp_path / "crosspatch.toml"))
        filler = str(tmp_path / "var" / "filler")
        await beside(hub, "dd", "if=/dev/zero", f"of={filler}", "bs=1M")
        code, said = await beside(hub, *doctor)
        assert "fail  disk: 0 MiB free: the log will stop; make room on this disk" in said
        assert f"process {hub.pid}" in said
        assert "read through" in said
        assert code == 2
        await beside(hub, "rm", filler)
        code, said = await beside(hub, *doctor)
        assert "warn  disk: 39 MiB free, the spool may need 1023 MiB more" in said
        assert code == 1, said


@pytest.mark.parametrize(
    ("options", "prepare", "told"),
    [
        ("size=64m,nr_inodes=8", ":", "fail  disk: 64 MiB free, but 7 more files may be made (inodes)"),
        ("size=64m", 'mount -o remount,ro "$2"', "is on a file system that is mounted for reading only"),
    ],
)
async def test_a_disk_that_takes_no_more_files_and_one_that_takes_nothing_are_named(
    tmp_path: Path, options: str, prepare: str, told: str
) -> None:
    config = tmp_path / "crosspatch.toml"
    config.write_text(f'[http]\nport = 0\n[store]\ndir = "{tmp_path}/var"\n')
    disk = on_a_disk(tmp_path / "var", options, prepare)
    code, said = await run(*disk, *CROSSPATCH, "doctor", "--config", str(config))
    assert told in said, said
    assert code == 2
