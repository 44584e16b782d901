"""What systemd is told of this process: the protocol of sd_notify(3), one datagram a message.

With ``Type=notify`` a start is over when the doors are open, not when the process is there. With
``WatchdogSec`` systemd ends and restarts a gateway whose loop no longer turns, which is what sends the
watchdog's messages. Media goes on without it meanwhile, and radios are unkeyed after 3 s (DESIGN 3.8).
Without systemd nothing is sent.
"""

import asyncio
import os
import socket
from collections.abc import Mapping

import structlog

_log = structlog.get_logger("service_manager")

READY = "READY=1"
STOPPING = "STOPPING=1"
_WATCHDOG = "WATCHDOG=1"
_PATIENCE_S = 0.2
"""Its queue may be full; the loop stands still meanwhile."""


class ServiceManager:
    """``environment``: as systemd sets it: NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        # "@" stands for the NUL of a socket that is in no file system (unix(7)).
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.watchdog_s = _watchdog_s(environment)
        """How long it may hear nothing; 0: it does not mind."""
        self._silent = False

    def tell(self, message: str) -> None:
        """Never raises: a manager that does not listen is logged once and keeps nothing from running."""
        if not self._address or self._silent:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
                out.settimeout(_PATIENCE_S)
                out.sendto(message.encode(), self._address)
        except TimeoutError:
            _log.warning("the service manager does not listen", message=message)
        except OSError as error:
            self._silent = True
            _log.warning("the service manager cannot be told", error=error.strerror)

    async def watch(self) -> None:
        """Say that the loop turns, twice as often as asked for; for ever, or not at all."""
        while self.watchdog_s:
            self.tell(_WATCHDOG)
            await asyncio.sleep(self.watchdog_s / 2)


def _watchdog_s(environment: Mapping[str, str]) -> float:
    """Seconds; 0 when it is for another process, or nonsense."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return 0.0
    text = environment.get("WATCHDOG_USEC", "")
    return int(text) / 1_000_000 if text.isdecimal() else 0.0
