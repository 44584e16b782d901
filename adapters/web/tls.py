"""The certificate of the HTTPS door, read again when its files change.

One SSLContext lives as long as the listener. Loading a new pair into it serves new connections with
the new certificate and leaves open ones alone (OpenSSL keeps what a handshake was begun with).
"""

import asyncio
import ssl
from pathlib import Path

import structlog

from adapters._kit.counters import Counters
from adapters._kit.pem_pair import LOOK_EVERY_S, PemPair

log = structlog.get_logger("web.tls")


class Certificate:
    """PEM chain and key. Raises OSError, which names the files, when they cannot be used at the start."""

    def __init__(self, cert: Path, key: Path, counters: Counters) -> None:
        self._pair = PemPair(cert, key)
        self._counters = counters
        self._due = False
        self._told = ""
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_alpn_protocols(["http/1.1"])
        try:
            self.context.load_cert_chain(cert, key)
        except ssl.SSLError as error:
            reason = f"no PEM certificate with its key ({error.reason})"
            raise OSError(f"[http] cert, key: {cert}, {key}: {reason}") from error

    async def watch(self) -> None:
        """Look for changes, for ever."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self.reload_if_changed()

    def reload_if_changed(self) -> bool:
        """Load a changed pair; one that does not fit is reported and the old one stays in use.

        What may pass without a change of the files (no descriptor free, a disk that fails) is tried again
        by the next look.
        """
        if self._pair.changed():
            self._due, self._told = True, ""
        if not self._due:
            return False
        cert, key = self._pair.cert, self._pair.key
        try:
            # Tried aside first: a failed load would leave the live context with half a pair.
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(cert, key)
            self.context.load_cert_chain(cert, key)
        except OSError as error:  # ssl.SSLError is one: what the files say stays wrong until they change
            self._due = not isinstance(error, ssl.SSLError)
            self._report(str(error))
            return False
        self._due = False
        self._counters.add("certificate_reloads_total")
        log.info("certificate reloaded", cert=str(cert))
        return True

    def _report(self, fault: str) -> None:
        if fault != self._told:
            self._told = fault
            self._counters.add("certificate_errors_total")
            log.error("new certificate not usable, the old one stays", cert=str(self._pair.cert), fault=fault)
