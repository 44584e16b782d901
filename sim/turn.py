"""A TURN server of a story's own (Debian: coturn), with short-lived credentials."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

_START_S = 10.0
_STOP_S = 5.0
_TRY_S = 0.1


class TurnMissing(Exception):
    """No coturn on this machine, or it did not start; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A running server."""

    host: str
    tls_port: int
    log: Path

    @property
    def url(self) -> str:
        return f"turns:{self.host}:{self.tls_port}?transport=tcp"

    def given_back(self) -> int:
        """Allocations that were ended by whoever had them."""
        return self.log.read_text(errors="replace").count("lifetime=0")

    def allocations(self) -> int:
        """Allocations it has made so far, by its log."""
        return self.log.read_text(errors="replace").count("ALLOCATE processed, success")


@asynccontextmanager
async def turn(
    folder: Path,
    *,
    address: str,
    tls_port: int,
    relay_ports: tuple[int, int],
    secret: str,
    cert: Path,
    key: Path,
    plain_port: int = 0,
) -> AsyncIterator[Turn]:
    """Relays at ``address`` on UDP ports of that range. Raises TurnMissing.

    ``plain_port``: where it listens over UDP and TCP as well; 0: for TLS only.
    """
    program = shutil.which("turnserver")
    if program is None:
        raise TurnMissing("no turnserver in PATH; on Debian: apt-get install coturn")
    config = folder / "turnserver.conf"
    log = folder / "turnserver.log"
    plain = f"listening-port={plain_port}" if plain_port else "no-udp\nno-tcp"
    config.write_text(
        f"listening-ip={address}\nrelay-ip={address}\ntls-listening-port={tls_port}\n"
        f"min-port={relay_ports[0]}\nmax-port={relay_ports[1]}\n"
        f"{plain}\n"
        "no-dtls\nno-cli\nfingerprint\nverbose\n"
        f"use-auth-secret\nstatic-auth-secret={secret}\nrealm=story\n"
        f"cert={cert}\npkey={key}\npidfile={folder / 'turnserver.pid'}\nuserdb={folder / 'turn.db'}\n"
        "simple-log\nlog-file=stdout\nrelay-threads=1\n"
    )
    config.chmod(0o600)
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            program, "-c", str(config), stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=out
        )
    try:
        await _answers(process, address, tls_port, log)
        yield Turn(address, tls_port, log)
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), _STOP_S)
            except TimeoutError:
                process.kill()
                await process.wait()


async def _answers(process: asyncio.subprocess.Process, address: str, port: int, log: Path) -> None:
    deadline = asyncio.get_running_loop().time() + _START_S
    while asyncio.get_running_loop().time() < deadline and process.returncode is None:
        try:
            _, writer = await asyncio.open_connection(address, port)
        except OSError:
            await asyncio.sleep(_TRY_S)
        else:
            writer.close()
            return
    raise TurnMissing(f"coturn did not start, see {log}")
