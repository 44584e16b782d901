"""linphone (Debian package linphone-cli) as a telephone: its console is typed into, what it writes is read.

Files stand in for its sound card, so that it speaks the numbered signal and records what it hears.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from sim.signal.encode import numbered, read_wav, write_wav
from sim.signal.played import Played

_RATE_HZ = 8_000
_PATIENCE_S = 30.0
_POLL_S = 0.2
_SAID_MAX = 100_000
_ANSWERED = "Media streams established"
_CONFIG = """\
[sip]
sip_port=-1
sip_tcp_port=0
sip_tls_port=0
use_ipv6=0
default_proxy=0

[rtp]
audio_rtp_port=-1

[proxy_0]
reg_proxy=<sip:{server};transport={kind}>
reg_identity=sip:{user}@{host}
reg_expires=300
reg_sendregister=1

[auth_info_0]
username={user}
passwd={password}
realm=crosspatch
"""


class LinphoneMissing(Exception):
    """No linphone on this machine."""


class LinphoneSilent(Exception):
    """Its console did not say what was waited for; the text is what it said."""


class LinphonePhone:
    """One linphone console. Every wait ends after 30 s."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path, server: str) -> None:
        self._process = process
        self._folder = folder
        self._server = server
        self._said = ""
        self._read_to = 0
        self._spoke = asyncio.Event()

    async def read(self) -> None:
        """Take in what it writes, until it ends."""
        out = self._process.stdout
        while out is not None and (part := await out.read(4096)):
            if len(self._said) < _SAID_MAX:
                self._said += part.decode(errors="replace")
            self._spoke.set()
        self._spoke.set()

    async def says(self, *words: str) -> str:
        """Wait until it says one of these, after what was waited for before; which. Raises LinphoneSilent."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_S):
                while True:
                    found = [
                        (at, word) for word in words if (at := self._said.find(word, self._read_to)) >= 0
                    ]
                    if found:
                        at, word = min(found)
                        self._read_to = at + len(word)
                        return word
                    self._spoke.clear()
                    await self._spoke.wait()
        raise LinphoneSilent(f"not {' nor '.join(words)}, but:\n{self._said[self._read_to :]}")

    async def type(self, line: str) -> None:
        """One line at its prompt."""
        if self._process.stdin is None:
            raise LinphoneSilent("its console has no input")
        self._process.stdin.write(line.encode() + b"\n")
        await self._process.stdin.drain()

    async def registers(self) -> bool:
        """Wait for the end of its registration; False: the password was wrong, it asks for another."""
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                await self.type("status register")
                said = await self.says("registered, identity", "registered=", "Password for")
                if said != "registered=":
                    return said != "Password for"
                await asyncio.sleep(_POLL_S)

    async def dial(self, number: str) -> bool:
        """True: somebody answered and sound flows."""
        await self.type(f"call sip:{number}@{self._server}")
        return await self.says(_ANSWERED, " error.") == _ANSWERED

    async def speak(self) -> None:
        """The numbered signal, in a loop of 31 s, instead of a microphone."""
        await self.type(f"play {self._folder / 'play.wav'}")

    async def record(self) -> None:
        """Keep what is heard from now on, instead of a loudspeaker."""
        await self.type(f"record {self._folder / 'heard.wav'}")

    async def press(self, key: str) -> None:
        """One key of the call."""
        await self.type(key)

    async def hold(self) -> None:
        """It goes on playing its file: the music of one who holds."""
        await self.type("pause")
        await self.says("is now paused")

    async def unhold(self) -> None:
        await self.type("resume")
        await self.says(_ANSWERED)

    async def hang_up(self) -> None:
        await self.type("terminate")
        await self.says(" ended")

    async def ended(self) -> None:
        """Wait until the other side hangs up."""
        await self.says(" ended")

    def heard(self) -> Played:
        """What was recorded; complete once the call has ended."""
        pcm, rate_hz = read_wav(self._folder / "heard.wav")
        return Played(pcm, rate_hz, 0.0)


@asynccontextmanager
async def linphone_phone(
    folder: Path, server: tuple[str, int], user: str, password: str, *, kind: str = "udp"
) -> AsyncIterator[LinphonePhone]:
    """A console that registers by itself. Raises LinphoneMissing."""
    program = shutil.which("linphonec")
    if program is None:
        raise LinphoneMissing("no linphonec in PATH; on Debian: apt-get install linphone-cli")
    await asyncio.to_thread(_furnish, folder, server, user, password, kind)
    process = await asyncio.create_subprocess_exec(
        *(program, "-c", str(folder / "linphonerc")),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "HOME": str(folder)},
        cwd=folder,
    )
    phone = LinphonePhone(process, folder, f"{server[0]}:{server[1]}")
    reader = asyncio.create_task(phone.read())
    try:
        await phone.says("linphonec>")
        await phone.type("soundcard use files")
        yield phone
    finally:
        with suppress(ConnectionError):
            await phone.type("quit")
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        await reader


def _furnish(folder: Path, server: tuple[str, int], user: str, password: str, kind: str) -> None:
    """Its home, its configuration and what it says."""
    for home in (".local/share/linphone", ".config/linphone"):
        (folder / home).mkdir(parents=True, exist_ok=True)
    host, port = server
    config = _CONFIG.format(server=f"{host}:{port}", host=host, user=user, password=password, kind=kind)
    (folder / "linphonerc").write_text(config)
    write_wav(folder / "play.wav", numbered(0, 156 * 10, rate_hz=_RATE_HZ), _RATE_HZ)
