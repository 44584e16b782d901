"""``[[sip.trunks]]``: a PBX or a provider, what goes out over it and what may come in."""

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

EVERY_ROOM = "*"
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,31}")
# RFC 1123 2.1; a name in another script is written in its ASCII form (RFC 5891).
_HOST_NAME = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})?(\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\.?"
)
# What a user part may hold unescaped (RFC 3261 25.1), without what would end it early for a careless reader.
_USER = re.compile(r"[0-9A-Za-z+._~*!'=&$-]{1,64}")
_PORT, _TLS_PORT, _PORT_MAX = 5060, 5061, 65_535
_EXPIRES_MIN_S, _EXPIRES_MAX_S = 60, 86_400


class TrunkTransport(StrEnum):
    """How a trunk is reached."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class SipTrunk:
    """``[[sip.trunks]]``: a PBX or provider. By default nothing goes out over it and nobody comes in."""

    name: str
    """What it is called in the log; letters, digits, ``.``, ``_`` and ``-``."""
    host: str
    """Its IP address or DNS name. A name is looked up (A and AAAA, no SRV) at the start, every minute, and
    when it cannot be reached."""
    port: int = 0
    """Port that requests go to. Default: 5060, for TLS 5061."""
    transport: TrunkTransport = TrunkTransport.UDP
    """udp, tcp or tls: how requests go to it. ``[sip]`` must listen for the same, so that it can answer; tls
    needs ``authorities`` and a certificate there that names ``host``."""
    domain: str = ""
    """Domain of its addresses (``sip:user@domain``), where that is not ``host``."""
    user: str = ""
    """Our account: the user part of our address there. Calls out come from it. Default: from the room's
    number."""
    login: str = ""
    """User name of the digest account, where that is not ``user``."""
    password_file: Path | None = None
    """File with the account's password on its first line; readable by the gateway only (mode 0600)."""
    password_env: str = ""
    """Instead: environment variable that holds it; its name must not begin with ``CROSSPATCH_``."""
    register: bool = False
    """True: register ``user`` there and keep it registered, so that it knows where to send calls."""
    expires_s: int = 600
    """Seconds to register for (60 to 86,400); refreshed after four fifths of what was granted."""
    prefixes: tuple[str, ...] = ()
    """Numbers beginning so go out over it; the longest prefix of all trunks wins. Default none: nothing goes
    out."""
    rooms: tuple[str, ...] = ()
    """Room numbers that calls from its addresses reach without a password, from whatever port but by its
    ``transport`` only; ``["*"]``: every one. What they say of a caller is shown. Default none: its callers
    are strangers."""
    account_room: str = ""
    """Number of the room that a call to the account itself (``user``) reaches. Default: that user part is
    looked up among ``rooms`` like any number."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError("name: 1 to 32 letters, digits, '.', '_' and '-'")
        for key, text in (("host", self.host), ("domain", self.domain or self.host)):
            if not is_address(text) and not _HOST_NAME.fullmatch(text):
                raise ValueError(f"{key}: an IP address or a name such as sip.example.org, nothing around it")
        if not 0 <= self.port <= _PORT_MAX:
            raise ValueError(f"port: 1 to {_PORT_MAX}, or 0 for the transport's own")
        if not _EXPIRES_MIN_S <= self.expires_s <= _EXPIRES_MAX_S:
            raise ValueError(f"expires_s: {_EXPIRES_MIN_S} to {_EXPIRES_MAX_S}")
        if not all(self.prefixes):
            raise ValueError("prefixes: none of them empty")
        self._check_account()

    def _check_account(self) -> None:
        if self.user and not _USER.fullmatch(self.user):
            raise ValueError("user: at most 64 characters that need no escape in sip:user@domain")
        if self.password_file is not None and self.password_env:
            raise ValueError("password_file or password_env, not both")
        if not self.user and (self.register or self.login or self.has_password or self.account_room):
            raise ValueError("user: needed for register, login, a password and account_room")

    @property
    def has_password(self) -> bool:
        """It has a digest account."""
        return self.password_file is not None or bool(self.password_env)

    @property
    def default_port(self) -> int:
        """What a URI without a port means."""
        return _TLS_PORT if self.transport is TrunkTransport.TLS else _PORT

    @property
    def at_port(self) -> int:
        """The port to send to."""
        return self.port or self.default_port

    @property
    def address_domain(self) -> str:
        """The host part of addresses there, in the form of a URI."""
        text = self.domain or self.host
        return f"[{text}]" if ":" in text else text

    def room_number(self, called: str) -> str | None:
        """The number of the room that its caller reaches; None: not from there."""
        if self.account_room and called == self.user:
            return self.account_room
        return called if called in self.rooms or EVERY_ROOM in self.rooms else None

    @property
    def lets_in(self) -> bool:
        """Somebody may call in from it."""
        return bool(self.rooms or self.account_room)


def is_address(text: str) -> bool:
    """An IP address, not a name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
