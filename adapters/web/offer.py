"""What the HTTP doors must know of an SDP offer before the media plane answers it (RFC 8866).

Only the shape: media lines with direction, and the ICE names. Everything else is the plane's.
"""

from dataclasses import dataclass

LINES_MAX = 4096
_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")


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
    """The shape of an offer or of a trickle fragment."""

    media: tuple[MediaLine, ...]
    ufrags: frozenset[str]
    """Every ``a=ice-ufrag``; one in a bundled offer."""

    @property
    def wanted(self) -> tuple[MediaLine, ...]:
        """The media lines that the peer really asks for."""
        return tuple(line for line in self.media if not line.refused)


def read_offer(text: str) -> Offer:
    """A whole session description. Raises NotSdp."""
    if not text.startswith("v=0"):
        raise NotSdp("a session description begins with v=0")
    return _read(text)


def read_fragment(text: str) -> Offer:
    """An ``application/trickle-ice-sdpfrag`` body (RFC 8840 section 9). Raises NotSdp."""
    fragment = _read(text)
    if not any(line.startswith("a=") for line in text.splitlines()):
        raise NotSdp("a fragment has attribute lines")
    return fragment


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
    return Offer(
        media=tuple(_media_line(section, session) for section in sections[1:]),
        ufrags=frozenset(
            line.removeprefix("a=ice-ufrag:").strip() for line in lines if line.startswith("a=ice-ufrag:")
        ),
    )


def _media_line(section: list[str], default: str) -> MediaLine:
    fields = section[0].removeprefix("m=").split()
    if len(fields) < len(("media", "port", "proto", "fmt")):
        raise NotSdp("a media line has media, port, protocol and formats")
    refused = fields[1] == "0" and "a=bundle-only" not in section
    return MediaLine(fields[0], refused, _direction(section, default))


def _direction(section: list[str], default: str) -> str:
    found = [name for name in _DIRECTIONS if f"a={name}" in section]
    return found[0] if found else default
