"""Which IP addresses media uses when nobody says so: those where HTTP is reached."""

import fcntl
import ipaddress
import socket
import struct
from pathlib import Path

from gateway.app.config import Config

_SIOCGIFADDR = 0x8915
_IPV6_OF_INTERFACES = Path("/proc/net/if_inet6")
_SCOPE_GLOBAL = "00"


def media_addresses(config: Config) -> tuple[str, ...]:
    """Addresses for the media sockets to bind."""
    if config.media.listen:
        return config.media.listen
    http = ipaddress.ip_address(config.http.listen)
    if not http.is_unspecified:
        return (str(http),)
    found = [*_ipv4_addresses(), *(_ipv6_addresses() if http.version == 6 else ())]  # noqa: PLR2004
    return tuple(found) or ("127.0.0.1",)


def _ipv4_addresses() -> list[str]:
    """The first IPv4 address of each interface (netdevice(7), SIOCGIFADDR), loopback last."""
    found: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            try:
                answer = fcntl.ioctl(probe, _SIOCGIFADDR, struct.pack("256s", name.encode()))
            except OSError:
                continue  # an interface without IPv4
            found.append(socket.inet_ntoa(answer[20:24]))
    return sorted(found, key=lambda address: ipaddress.ip_address(address).is_loopback)


def _ipv6_addresses() -> list[str]:
    """Global IPv6 addresses (proc(5), if_inet6)."""
    if not _IPV6_OF_INTERFACES.exists():
        return []
    rows = [line.split() for line in _IPV6_OF_INTERFACES.read_text().splitlines()]
    return [str(ipaddress.IPv6Address(int(row[0], 16))) for row in rows if row[3] == _SCOPE_GLOBAL]
