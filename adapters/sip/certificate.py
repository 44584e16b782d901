"""The certificate of the TLS doors, read again when its files change. Open connections keep theirs."""

import asyncio
from collections.abc import Callable
from typing import Any

import structlog

from adapters._kit.counters import Counters
from adapters._kit.pem_pair import LOOK_EVERY_S, PemPair
from adapters.sip.config import SipConfig
from adapters.sip.native import SipEdge

COUNTERS = ("certificate_reloads_total", "certificate_errors_total")

log = structlog.get_logger("sip.tls")


def pair(config: SipConfig, section: Callable[[str], Any]) -> PemPair | None:
    """Our own section's, else that of ``[http]``; None: there is no TLS door. Raises ValueError, OSError.

    ``section``: as ``Hub.config``.
    """
    if not config.listen_tls:
        return None
    http = section("http")
    cert, key = (config.cert, config.key) if config.cert else (http.cert, http.key)
    if cert is None or key is None:
        raise ValueError("[sip] listen_tls: needs a cert and its key; type: crosspatch cert --host NAME")
    return PemPair(cert, key)


def identity(pair: PemPair) -> tuple[bytes, bytes]:
    """Chain and key, seen to be of use. Raises OSError, and ValueError that names the files."""
    chain, key = pair.read()
    try:
        SipEdge.check_identity(chain, key)
    except ValueError as error:
        raise ValueError(f"[sip] cert, key: {pair.cert}, {pair.key}: {error}") from error
    return chain, key


class Renewal:
    """Gives the SIP thread each changed pair; one that cannot be used leaves the old one in use."""

    def __init__(self, pair: PemPair, edge: SipEdge, counters: Counters) -> None:
        self._pair = pair
        self._edge = edge
        self._counters = counters
        self._due = False
        self._told = ""

    async def watch(self) -> None:
        """Look for changes, for ever."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self.look()

    def look(self) -> None:
        """Once. What may pass without a change of the files is tried again by the next look."""
        if self._pair.changed():
            self._due, self._told = True, ""
        if not self._due:
            return
        try:
            self._edge.set_identity(*self._pair.read())
        except BlockingIOError:
            return  # the thread takes no orders at the moment
        except OSError as error:
            self._report(str(error))
            return
        except ValueError as error:
            self._report(str(error))
        else:
            self._counters.add("certificate_reloads_total")
            log.info("certificate reloaded", cert=str(self._pair.cert))
        self._due = False

    def _report(self, fault: str) -> None:
        if fault != self._told:
            self._told = fault
            self._counters.add("certificate_errors_total")
            log.error("new certificate not usable, the old one stays", cert=str(self._pair.cert), fault=fault)
