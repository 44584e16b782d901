"""Which address of this machine the sound of a call uses.

It is the one that its SIP goes by. But what the SIP thread names may be an address that only exists outside
(``announce``, NAT 1:1), and a door may stand on all addresses; there is no port to be had on either.
"""

import ipaddress
import socket


class OwnAddress:
    """``doors``: (transport, address, port) as bound."""

    def __init__(self, announce: str, doors: list[tuple[str, str, int]]) -> None:
        self._announce = announce
        self._doors = doors

    def towards(self, transport: str, remote_ip: str, named_ip: str = "") -> str:
        """For a peer there; ``named_ip``: the address that the SIP thread says it reached. Empty: none."""
        if named_ip and named_ip != self._announce and not _is_any(named_ip):
            return named_ip
        version = ipaddress.ip_address(remote_ip).version
        bound = next((ip for kind, ip, _ in self._doors if kind == transport and _version(ip) == version), "")
        return _source(remote_ip, version) if bound and _is_any(bound) else bound


def _source(remote_ip: str, version: int) -> str:
    """What the routing table takes; connecting a datagram socket sends nothing."""
    family = socket.AF_INET if version == 4 else socket.AF_INET6  # noqa: PLR2004 - RFC 791
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((remote_ip, 9))
            return str(probe.getsockname()[0])
    except OSError:
        return ""


def _is_any(ip: str) -> bool:
    return ipaddress.ip_address(ip).is_unspecified


def _version(ip: str) -> int:
    return ipaddress.ip_address(ip).version
