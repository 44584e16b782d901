"""SIPp (Debian package sip-tester), an independent caller: one process that makes many calls."""

import asyncio
import csv
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

SCENARIO = Path(__file__).with_name("sip_call.xml").resolve()
TRANSPORTS = {"udp": ("u1", "UDP"), "tcp": ("t1", "TCP"), "tcp-each": ("tn", "TCP"), "tls": ("t1", "TLS")}
"""SIPp's own mode, and what its messages say: one UDP socket; one TCP connection for all calls, as a PBX
has; one for each call; one connection that something in between carries into TLS (``bench.tls_relay``)."""
SOCKETS_MAX = 10_000
_SPARE_S = 90.0
"""Longer than every retransmission of a call that goes wrong."""


class SippFailed(Exception):
    """SIPp did not run, or told nothing; the text is its own."""


@dataclass(frozen=True, slots=True)
class Load:
    """Calls of one process: ``number`` is dialled by ``user``, whose ``password`` is proven."""

    number: str
    user: str
    password: str
    calls: int
    per_s: float
    hold_ms: int
    """From the answer to the BYE."""
    transport: str
    """A key of TRANSPORTS."""

    @property
    def lasts_s(self) -> float:
        return self.calls / self.per_s + self.hold_ms / 1000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What SIPp counted itself."""

    succeeded: int
    failed: int
    retransmitted: int
    setup_ms: float
    """Mean time from the proven INVITE to the answer."""
    unexpected: str
    """Beginning of its error log: why calls failed."""


def installed() -> bool:
    return shutil.which("sipp") is not None


async def call(server: tuple[str, int], load: Load) -> Outcome:
    """Make all calls of ``load``. Raises SippFailed, TimeoutError."""
    with tempfile.TemporaryDirectory(prefix="sipp-") as folder:
        process = await asyncio.create_subprocess_exec(
            "sipp",
            *_arguments(server, load),
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "TERM": "dumb"},
        )
        try:
            screen, _ = await asyncio.wait_for(process.communicate(), load.lasts_s + _SPARE_S)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return _outcome(Path(folder), screen.decode(errors="replace"))


def _arguments(server: tuple[str, int], load: Load) -> list[str]:
    host, port = server
    mode, via = TRANSPORTS[load.transport]
    options: dict[str, object] = {
        "-sf": SCENARIO,
        "-t": mode,
        "-i": host,
        "-s": load.number,
        "-au": load.user,
        "-ap": load.password,
        "-auth_uri": f"{load.number}@{host}:{port}",
        "-m": load.calls,
        "-l": load.calls,
        "-r": load.per_s,
        "-d": load.hold_ms,
        "-recv_timeout": 40_000,
        "-max_socket": min(load.calls, SOCKETS_MAX),
        "-stf": "calls.csv",
        "-fd": 1,
        "-error_file": "errors.log",
    }
    words = [str(word) for option in options.items() for word in option]
    words += ["-key", "via", via, "-key", "user", load.user]
    return [*words, "-nostdin", "-trace_stat", "-trace_err", f"{host}:{port}"]


def _outcome(folder: Path, screen: str) -> Outcome:
    try:
        with (folder / "calls.csv").open(encoding="ascii") as lines:
            row = list(csv.DictReader(lines, delimiter=";"))[-1]
        errors = folder / "errors.log"
        return Outcome(
            succeeded=int(row["SuccessfulCall(C)"]),
            failed=int(row["FailedCall(C)"]),
            retransmitted=int(row["Retransmissions(C)"]),
            setup_ms=_milliseconds(row["ResponseTime1(C)"]),
            unexpected=errors.read_text(errors="replace")[:2000] if errors.exists() else "",
        )
    except (OSError, IndexError, KeyError) as error:
        raise SippFailed(f"SIPp told nothing ({error!r}):\n{screen[-2000:]}") from error


def _milliseconds(clock: str) -> float:
    """Of SIPp's ``HH:MM:SS:micros``."""
    hours, minutes, seconds, micros = (int(part) for part in clock.split(":"))
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + micros / 1000
