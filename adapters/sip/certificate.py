"""The certificate of the TLS doors, read again when its files change. Open connections keep theirs."""

import asyncio

import structlog

from adapters._kit.counters import Counters
from adapters._kit.pem_pair import LOOK_EVERY_S, PemPair
from adapters.sip.config import SipConfig
from adapters.sip.native import SipEdge
from gateway.ports.hub import Hub

COUNTERS = ("certificate_reloads_total", "certificate_errors_total")

log = structlog.get_logger("sip.tls")


def pair(config: SipConfig, hub: Hub) -> PemPair | None:
    """Our own section's, else that of ``[http]``; None: there is no TLS door. Raises ValueError, OSError."""
    if not config.listen_tls:
        return None
    http = hub.config("http")
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


async def watch(pair: PemPair, edge: SipEdge, counters: Counters) -> None:
    """Give the SIP thread each changed pair, for ever; one that cannot be used leaves the old one in use."""
    due = False
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        due = pair.changed() or due
        if due:
            due = not renewed(pair, edge, counters)


def renewed(pair: PemPair, edge: SipEdge, counters: Counters) -> bool:
    """False: the thread takes no orders at the moment, ask again."""
    try:
        edge.set_identity(*pair.read())
    except BlockingIOError:
        return False
    except (OSError, ValueError) as error:
        counters.add("certificate_errors_total")
        _report(pair, str(error))
        return True
    counters.add("certificate_reloads_total")
    log.info("certificate reloaded", cert=str(pair.cert))
    return True


def _report(pair: PemPair, fault: str) -> None:
    log.error("new certificate not usable, the old one stays", cert=str(pair.cert), fault=fault)
