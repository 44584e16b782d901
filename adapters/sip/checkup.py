"""What ``crosspatch doctor`` asks of the SIP door: ports, passwords, names of trunks."""

from collections.abc import Callable, Iterator
from typing import Any

from adapters._kit.reach import CONNECT_S, connected, name_check, secrets_check
from adapters.sip import certificate
from adapters.sip.config import SipConfig, door
from adapters.sip.trunk_config import SipTrunk, TrunkTransport
from gateway.ports.checkup import Check, Door, Finding, fail, ok


def sip_doors(config: SipConfig) -> list[Door]:
    """Every port where phones are heard."""
    return [
        Door(f"[sip] {key}", tcp, *door(text))
        for key, tcp, texts in (
            ("listen_udp", False, config.listen_udp),
            ("listen_tcp", True, config.listen_tcp),
            ("listen_tls", True, config.listen_tls),
        )
        for text in texts
    ]


def sip_checks(config: SipConfig, section: Callable[[str], Any]) -> list[Check]:
    """Every question; none while nothing listens. ``section``: as ``Hub.config``."""
    if not config.listens:
        return []
    checks = []
    # Whose a password is stays unsaid: numbers are people's.
    files = [user.password_file for user in config.users] + [trunk.password_file for trunk in config.trunks]
    passwords = [(path, "password") for path in files if path is not None]
    if passwords:
        checks.append(secrets_check("sip passwords", passwords))
    if config.listen_tls:
        checks.append(Check("sip certificate", lambda: _certificate(config, section)))
    for trunk in config.trunks:
        name = f"trunk {trunk.name}"
        checks.append(name_check(name, trunk.host, "look at [[sip.trunks]] host and at DNS"))
        if trunk.transport is not TrunkTransport.UDP:
            checks.append(Check(name, lambda trunk=trunk: _connects(trunk), 2 * CONNECT_S + 4))  # type: ignore[misc]
    return checks


def _certificate(config: SipConfig, section: Callable[[str], Any]) -> Iterator[Finding]:
    pair = certificate.pair(config, section)
    if pair is not None:
        certificate.identity(pair)
        yield ok(f"{pair.cert} can be used")


def _connects(trunk: SipTrunk) -> Iterator[Finding]:
    try:
        connected(trunk.host, trunk.at_port).close()
    except OSError as error:
        yield fail(
            f"nobody answers at port {trunk.at_port} ({error.strerror or error})",
            "look whether the PBX runs and lets this machine in",
        )
    else:
        yield ok(f"takes connections at port {trunk.at_port}")
