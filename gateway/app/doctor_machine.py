"""What the system gives: buffers, descriptors, the clock, time zones, the native core."""

import asyncio
import ctypes
import os
import resource
import socket
import zoneinfo
from collections.abc import Iterator

from gateway.app.config import Config
from gateway.native import start_plane
from gateway.ports.checkup import Check, Finding, fail, ok, warn

RECEIVE_BUFFER_BYTES = 4 << 20
"""What the media sockets ask for (native/driver); a burst of a thousand talkers fits."""
_SO_RCVBUFFORCE = 33
"""socket(7); Python has no name for it."""
_DESCRIPTORS_BESIDE = 1024
_TIME_ERROR = 5
_TIMEX_BYTES = 512
"""More than struct timex has on any machine."""


def machine_checks(config: Config | None) -> list[Check]:
    """``config`` None: it could not be read."""
    legs = (config or Config()).limits.legs
    return [
        Check("receive buffer", _receive_buffer),
        Check("open files", lambda: _descriptors(legs)),
        Check("clock", _clock),
        Check("time zones", _time_zones),
        Check("native core", _native_core),
    ]


def _receive_buffer() -> Iterator[Finding]:
    """Asks as the media sockets do: beyond the system's limit where we are allowed to."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
        except PermissionError:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        # The kernel tells twice of what it gives (socket(7)).
        granted = probe.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2
    if granted >= RECEIVE_BUFFER_BYTES:
        yield ok(f"this user's UDP sockets get {granted} bytes")
        return
    yield warn(
        f"this user's UDP sockets get {granted} bytes, {RECEIVE_BUFFER_BYTES} are wanted: bursts are lost",
        f"type: sysctl -w net.core.rmem_max={RECEIVE_BUFFER_BYTES} and write it into /etc/sysctl.d",
    )


def _descriptors(legs: int) -> Iterator[Finding]:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # A phone has two sockets; a page has one and its media shares the shards'.
    wanted = 2 * legs + _DESCRIPTORS_BESIDE
    if hard == resource.RLIM_INFINITY or hard >= wanted:
        yield ok("unlimited" if hard == resource.RLIM_INFINITY else f"up to {hard}")
        return
    yield warn(
        f"up to {hard}, {wanted} are wanted for [limits] legs = {legs}",
        f"start it with: ulimit -n {wanted}; for systemd: LimitNOFILE={wanted}; or set fewer legs",
    )


def _clock() -> Iterator[Finding]:
    # adjtimex(2) with modes 0 only reads; the kernel answers TIME_ERROR while nobody steers the clock.
    libc = ctypes.CDLL(None, use_errno=True)
    state = libc.adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    if state < 0:
        yield warn(f"cannot be asked ({os.strerror(ctypes.get_errno())})", "look yourself: timedatectl")
    elif state == _TIME_ERROR:
        yield warn(
            "not synchronised: times in the log, and expiries of tokens and certificates, drift",
            "type: timedatectl set-ntp true; or install chrony",
        )
    else:
        yield ok("synchronised")


def _time_zones() -> Iterator[Finding]:
    known = zoneinfo.available_timezones()
    wanted = os.environ.get("TZ", "").removeprefix(":")
    if not known:
        yield warn("no time zone data: local times cannot be shown", "type: apt install tzdata")
    elif "/" in wanted and not wanted.startswith("/") and wanted not in known:
        # glibc takes an unknown name for UTC and says nothing.
        yield warn(
            f"TZ is {wanted!r}, which no zone is called: taken for UTC", "set TZ such as Europe/Berlin"
        )
    else:
        yield ok(f"{len(known)} known")


def _native_core() -> Iterator[Finding]:
    """A core of another build knows other arguments: a small one is started and stopped on loopback."""
    try:
        asyncio.run(_start_and_stop())
    except ImportError as error:
        yield fail(f"missing ({error})", "in a source tree type: make setup; else install the wheel again")
    except (TypeError, AttributeError):
        yield fail(
            "of another version than the program", "in a source tree type: make setup; else install the wheel"
        )
    else:
        yield ok("fits the program, starts and stops")


async def _start_and_stop() -> None:
    plane = start_plane(
        shards=1,
        listen=("127.0.0.1",),
        announce=(),
        port=0,
        sessions_max=1,
        data_message_bytes_max=1024,
        forwarding=False,
    )
    await plane.stop()
