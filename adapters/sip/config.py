"""Section ``[sip]``: the door for phones. Closed unless it says where to listen."""

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path

from adapters.sip.push_to_talk import PttStyle
from adapters.sip.trunk_config import EVERY_ROOM, SipTrunk, TrunkTransport
from gateway.ports.media import PhoneCodec

_NUMBER = re.compile(r"\+?[0-9A-Za-z][0-9A-Za-z._-]{0,31}")
_HEX = re.compile(r"[0-9a-f]*")
_SHA256_DIGITS, _MD5_DIGITS = 64, 32
_PORT_MAX = 65_535


@dataclass(frozen=True, slots=True)
class SipUser:
    """``[[sip.users]]``: one person or device that registers here. There is no default password."""

    number: str
    """User name of the phone, and the number it is called by."""
    name: str
    """What people in a room read."""
    password_file: Path | None = None
    """File with the password on its first line; readable by the gateway only (mode 0600)."""
    ha1: str = field(default="", repr=False)
    """Instead: SHA-256 of ``number:realm:password`` in 64 hex digits."""
    ha1_md5: str = field(default="", repr=False)
    """MD5 of the same in 32 hex digits, for phones that know nothing better."""
    ptt: PttStyle | None = None
    """How this phone asks for the floor: ``keys`` (``*`` asks, ``#`` gives back) or ``toggle`` (``*`` does
    both). Default: as the number of the room says.
    """

    def __post_init__(self) -> None:
        _check_number(self.number)
        for value, digits in ((self.ha1, _SHA256_DIGITS), (self.ha1_md5, _MD5_DIGITS)):
            if value and (len(value) != digits or not _HEX.fullmatch(value)):
                raise ValueError(f"an HA1 of {digits} lower case hex digits")
        if (self.password_file is None) is not bool(self.ha1 or self.ha1_md5):
            raise ValueError("either password_file, or ha1 or ha1_md5 or both of these")


@dataclass(frozen=True, slots=True)
class SipRoom:
    """``[[sip.rooms]]``: the number of a room."""

    number: str
    """What phones dial."""
    room: str
    """Id of the room."""
    public: bool = False
    """True: callers that did not prove who they are may call it too. Default: registered phones only."""
    ptt: PttStyle = PttStyle.KEYS
    """How phones ask for the floor that called this number; of a room's first number also those that the room
    calls.
    """

    def __post_init__(self) -> None:
        _check_number(self.number)


@dataclass(frozen=True, slots=True)
class SipConfig:
    """Where phones are heard, who they are and what they may call. Everything else is refused."""

    listen_udp: tuple[str, ...] = ()
    """``address:port`` of each UDP door, such as ``192.0.2.1:5060``. Default none: no door is opened."""
    listen_tcp: tuple[str, ...] = ()
    """The same for TCP."""
    listen_tls: tuple[str, ...] = ()
    """The same for TLS, usually port 5061."""
    cert: Path | None = None
    """PEM file with the certificate chain of the TLS doors; read again when it changes. Default: the one of
    ``[http]``.
    """
    key: Path | None = None
    """PEM file with its private key; needed with ``cert``."""
    announce: str = ""
    """IP address that phones are told instead of the one they reached (NAT 1:1). Default: that one."""
    realm: str = "crosspatch"
    """Digest realm; HA1 values are bound to it."""
    algorithms: tuple[str, ...] = ("SHA-256", "MD5")
    """What phones are challenged with, in this order; some old ones need ``["MD5"]`` alone."""
    codecs: tuple[PhoneCodec, ...] = (PhoneCodec.G722, PhoneCodec.PCMA, PhoneCodec.PCMU, PhoneCodec.OPUS)
    """What is spoken with phones, the preferred one first."""
    authorities: Path | None = None
    """PEM file of authorities that a trunk's TLS certificate is checked against. Default: no TLS goes out."""
    users: tuple[SipUser, ...] = ()
    """``[[sip.users]]`` tables: who may register."""
    rooms: tuple[SipRoom, ...] = ()
    """``[[sip.rooms]]`` tables: what may be called."""
    trunks: tuple[SipTrunk, ...] = ()
    """``[[sip.trunks]]`` tables: PBXs and providers, what goes out over them and who may come in."""
    calls_max: int = 1000
    """Calls at once; one more gets 503."""
    call_limit_s: float = 86_400.0
    """Seconds after which a call is ended, whoever forgot it."""
    ring_limit_s: float = 60.0
    """Seconds that a called phone may ring."""
    connections_max: int = 4096
    """TCP and TLS connections at once; one more is closed unread. At most half of the descriptors that the
    process may have (``ulimit -n``).
    """
    connections_per_address: int = 256
    """The same for one address."""
    requests_per_s: int = 200
    """Requests a second of one address without a registration, in the long run; more are dropped."""

    def __post_init__(self) -> None:
        for text in (*self.listen_udp, *self.listen_tcp, *self.listen_tls):
            door(text)
        if (self.cert is None) is not (self.key is None):
            raise ValueError("cert and key, or neither")
        if self.announce:
            ipaddress.ip_address(self.announce)
        elif any(ipaddress.ip_address(door(text)[0]).is_unspecified for text in self.listen_udp):
            raise ValueError("announce, the address that phones are told, with listen_udp on all addresses")
        numbers = [*(user.number for user in self.users), *(room.number for room in self.rooms)]
        twice = {number for number in numbers if numbers.count(number) > 1}
        if twice:
            raise ValueError(f"one owner for number {min(twice)}")
        if not self.codecs or not set(self.algorithms) <= {"SHA-256", "MD5"} or not self.algorithms:
            raise ValueError("at least one codec, and algorithms out of SHA-256 and MD5")
        self._check_trunks({room.number for room in self.rooms})

    def _check_trunks(self, rooms: set[str]) -> None:
        names = [trunk.name for trunk in self.trunks]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"one trunk of the name {min(twice)}")
        for trunk in self.trunks:
            if not self.doors_of(trunk.transport):
                raise ValueError(
                    f"trunk {trunk.name}: listen_{trunk.transport}, where it reaches us by its transport"
                )
            if trunk.transport is TrunkTransport.TLS and self.authorities is None:
                raise ValueError(f"trunk {trunk.name}: authorities, which its certificate is checked against")
            unknown = {*trunk.rooms, trunk.account_room} - rooms - {EVERY_ROOM, ""}
            if unknown:
                raise ValueError(f"trunk {trunk.name}: numbers out of [[sip.rooms]], not {min(unknown)}")

    def doors_of(self, transport: TrunkTransport) -> tuple[str, ...]:
        """The doors of one kind."""
        match transport:
            case TrunkTransport.UDP:
                return self.listen_udp
            case TrunkTransport.TCP:
                return self.listen_tcp
            case TrunkTransport.TLS:
                return self.listen_tls

    @property
    def listens(self) -> bool:
        """There is a door to open."""
        return bool(self.listen_udp or self.listen_tcp or self.listen_tls)


def door(text: str) -> tuple[str, int]:
    """Address and port of ``address:port`` (IPv6 in brackets). Raises ValueError."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > _PORT_MAX:
        raise ValueError(f"address:port, such as 127.0.0.1:5060, not {text!r}")
    return str(ipaddress.ip_address(host.strip("[]"))), int(port)


def _check_number(number: str) -> None:
    if not _NUMBER.fullmatch(number):
        raise ValueError("a number of letters, digits, '.', '_' and '-', at most 32")
