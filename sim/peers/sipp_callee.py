"""SIPp (Debian package sip-tester) as a telephone that refuses, with scenarios of our own."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

_TIMEOUT_S = 30
_START_S = _END_S = 10.0
_POLL_S = 0.05

_RESPONSE = """\
  <send{retrans}><![CDATA[
SIP/2.0 {status} {reason}
[last_Via:]
[last_From:]
[last_To:];tag=[pid]-[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>
Content-Length: 0

]]></send>
"""


class SippMissing(Exception):
    """No SIPp on this machine."""


class SippFailed(Exception):
    """Its scenario did not end as written; the text is its own."""


def scenario(status: int, *, rings: bool) -> str:
    """One call that comes in, rings or not, and is refused with ``status`` until that is acknowledged."""
    ringing = _RESPONSE.format(retrans="", status=180, reason="Ringing") if rings else ""
    refusal = _RESPONSE.format(retrans=' retrans="500"', status=status, reason="Refused")
    return (
        '<?xml version="1.0" encoding="us-ascii"?>\n<scenario name="a phone that refuses">\n'
        f'  <recv request="INVITE"/>\n{ringing}{refusal}  <recv request="ACK"/>\n</scenario>\n'
    )


@asynccontextmanager
async def sipp_callee(folder: Path, port: int, status: int, *, rings: bool) -> AsyncIterator[None]:
    """It waits for one call at 127.0.0.1:``port`` (UDP); at the end that call must have gone as written.

    Raises SippMissing, SippFailed.
    """
    program = shutil.which("sipp")
    if program is None:
        raise SippMissing("no sipp in PATH; on Debian: apt-get install sip-tester")
    file = folder / f"refuses-{status}.xml"
    await asyncio.to_thread(file.write_text, scenario(status, rings=rings))
    process = await asyncio.create_subprocess_exec(
        *(program, "-sf", str(file), "-i", "127.0.0.1", "-p", str(port), "-m", "1", "-nostdin"),
        *(
            "-timeout",
            f"{_TIMEOUT_S}s",
            "-timeout_error",
            "-trace_err",
            "-error_file",
            str(folder / "sipp.log"),
        ),
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        await _listens(port)
        yield
        async with asyncio.timeout(_TIMEOUT_S + _END_S):
            _, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise SippFailed(f"sipp ended with {process.returncode}: {errors.decode(errors='replace')}")


async def _listens(port: int) -> None:
    """Wait until somebody has the port. Raises TimeoutError."""
    async with asyncio.timeout(_START_S):
        while True:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    return
            await asyncio.sleep(_POLL_S)
