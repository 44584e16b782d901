"""What the HTTP doors must know of an SDP offer before the media plane answers it (RFC 8866).

Only the shape: media lines with direction, and the ICE credentials. Everything else is the plane's.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

LINES_MAX = 4096
_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_UFRAG = "a=ice-ufrag:"
_PASSWORD = "a=ice-pwd:"  # noqa: S105 - the attribute's name
_UFRAG_FORM = re.compile(r"[A-Za-z0-9+/]{4,256}")
_PASSWORD_FORM = re.compile(r"[A-Za-z0-9+/]{22,256}")


class NotSdp(Exception):
    """The text is no session description. The message is for the peer's developer."""


@dataclass(frozen=True, slots=True)
class MediaLine:
    """One ``m=`` section. ``direction`` sendrecv unless said otherwise (RFC 8866 section 6.7)."""

    kind: str
    refused: bool
    """Port 0 without ``bundle-only`` (RFC 9143 section 6)."""
    direction: str


@dataclass(frozen=True, slots=True)
class Offer:
    """The shape of an offer."""

    media: tuple[MediaLine, ...]

    @property
    def wanted(self) -> tuple[MediaLine, ...]:
        """The media lines that the peer really asks for."""
        return tuple(line for line in self.media if not line.refused)


@dataclass(frozen=True, slots=True)
class IceCredentials:
    """Every ``a=ice-ufrag`` and ``a=ice-pwd`` (RFC 8839 section 5.4); one of each when bundled."""

    ufrags: frozenset[str]
    passwords: frozenset[str]


def read_offer(text: str) -> Offer:
    """A whole session description. Raises NotSdp."""
    if not text.startswith("v=0"):
        raise NotSdp("a session description begins with v=0")
    return _read(text)


def read_fragment(text: str) -> IceCredentials:
    """An ``application/trickle-ice-sdpfrag`` body (RFC 8840 section 9): whose it is. Raises NotSdp.

    Its candidates are not looked at: the gateway is ICE-lite and learns where a peer is from its checks.
    """
    _read(text)
    lines = text.splitlines()
    if not any(line.startswith("a=") for line in lines):
        raise NotSdp("a fragment has attribute lines")
    credentials = credentials_of(lines)
    if not all(_UFRAG_FORM.fullmatch(ufrag) for ufrag in credentials.ufrags):
        raise NotSdp("an ice-ufrag is 4 to 256 letters, digits, + and /")
    if not all(_PASSWORD_FORM.fullmatch(password) for password in credentials.passwords):
        raise NotSdp("an ice-pwd is 22 to 256 letters, digits, + and /")
    return credentials


def credentials_of(lines: Iterable[str]) -> IceCredentials:
    """As they are written, good or not."""
    lines = tuple(lines)
    ufrags = (line.removeprefix(_UFRAG).strip() for line in lines if line.startswith(_UFRAG))
    passwords = (line.removeprefix(_PASSWORD).strip() for line in lines if line.startswith(_PASSWORD))
    return IceCredentials(frozenset(ufrags), frozenset(passwords))


def with_credentials(lines: Iterable[str], credentials: IceCredentials) -> str:
    """A description's lines, but under the one ufrag and the one password of ``credentials``."""
    [ufrag], [password] = credentials.ufrags, credentials.passwords

    def renamed(line: str) -> str:
        if line.startswith(_UFRAG):
            return _UFRAG + ufrag
        return _PASSWORD + password if line.startswith(_PASSWORD) else line

    return "".join(f"{renamed(line)}\r\n" for line in lines)


def _read(text: str) -> Offer:
    lines = text.splitlines()
    if len(lines) > LINES_MAX:
        raise NotSdp("too many lines")
    sections: list[list[str]] = [[]]
    for line in lines:
        if line and (len(line) < len("t=") or line[1] != "="):
            raise NotSdp("a line is not of the form <type>=<value>")
        if line.startswith("m="):
            sections.append([])
        sections[-1].append(line)
    session = _direction(sections[0], "sendrecv")
    return Offer(tuple(_media_line(section, session) for section in sections[1:]))


def _media_line(section: list[str], default: str) -> MediaLine:
    fields = section[0].removeprefix("m=").split()
    if len(fields) < len(("media", "port", "proto", "fmt")):
        raise NotSdp("a media line has media, port, protocol and formats")
    refused = fields[1] == "0" and "a=bundle-only" not in section
    return MediaLine(fields[0], refused, _direction(section, default))


def _direction(section: list[str], default: str) -> str:
    found = [name for name in _DIRECTIONS if f"a={name}" in section]
    return found[0] if found else default
