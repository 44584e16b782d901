"""A sound card that nobody hears: Firefox lets no sound pass before a device keeps its time."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

_START_S = 20.0
_STOP_S = 5.0
_POLL_S = 0.05


class SoundMissing(Exception):
    """No sound server on this machine, or it did not start."""


@asynccontextmanager
async def sound_card() -> AsyncIterator[Mapping[str, str]]:
    """A PulseAudio of its own with one null sink; yields the environment of a program that shall use it."""
    path = shutil.which("pulseaudio")
    if path is None:
        raise SoundMissing("no pulseaudio in PATH; on Debian: apt-get install pulseaudio")
    with tempfile.TemporaryDirectory(prefix="sound-", ignore_cleanup_errors=True) as folder:
        socket = Path(folder) / "native"
        process = await asyncio.create_subprocess_exec(
            *(path, "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes"),
            *("-L", "module-null-sink rate=48000"),
            *("-L", f"module-native-protocol-unix socket={socket} auth-anonymous=1"),
            env={**os.environ, "HOME": folder, "XDG_RUNTIME_DIR": folder},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(_START_S):
                while not socket.exists():
                    if process.returncode is not None:
                        raise SoundMissing(f"pulseaudio ended with {process.returncode}")
                    await asyncio.sleep(_POLL_S)
            yield {**os.environ, "PULSE_SERVER": f"unix:{socket}"}
        finally:
            await end(process, _STOP_S)


async def end(process: asyncio.subprocess.Process, within_s: float) -> None:
    """Ask a program to end, then make it."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(within_s):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
