"""The ICE session of one WHIP or WHEP transport, and what a PATCH means to it (RFC 9725 section 4.3).

A PATCH brings no offer, only ICE: a restart is the session's own offer again under the peer's new
credentials, and everything else that was agreed still holds.
"""

import asyncio
import secrets
from enum import Enum, auto

from adapters.web.offer import IceCredentials, NotSdp, credentials_of, with_credentials

_CANDIDATES = ("a=candidate:", "a=end-of-candidates")
_OF_THE_PATH = ("a=ice-ufrag:", "a=ice-pwd:")


class Meaning(Enum):
    """What a fragment is to the present ICE session."""

    TRICKLE = auto()
    """More candidates of it, or nothing new."""
    RESTART = auto()
    """The beginning of the next one."""
    LATE = auto()
    """Of the one before: overtaken by a restart."""
    NEITHER = auto()
    """Half of its credentials are new, or there are several."""


class IceSession:
    """Its ETag, the peer's credentials, and the offer that it can be restarted by."""

    def __init__(self, offer: str) -> None:
        """``offer``: the SDP that the transport is made by."""
        # An old path's candidates would be wrong in a later offer; the gateway learns them from checks.
        lines = [line for line in offer.splitlines() if not line.startswith(_CANDIDATES)]
        self._offer = "\n".join(lines)
        self._credentials = credentials_of(lines)
        self._before = IceCredentials(frozenset(), frozenset())
        self.etag = _new_etag()
        self.one_at_a_time = asyncio.Lock()
        """Held from reading ``etag`` to ``restarted``. Who waits has an HTTP connection, of which each
        address has few; who comes last is in force, as the peer expects (RFC 9725 section 4.3.3)."""

    def meaning(self, said: IceCredentials) -> Meaning:
        """What a PATCH with these credentials wants; one without any trickles."""
        if _within(said, self._credentials):
            return Meaning.TRICKLE
        if _within(said, self._before):
            return Meaning.LATE
        one = len(said.ufrags) == len(said.passwords) == 1
        # RFC 8839 section 4.4.1.1.1: a restart changes both.
        new = said.ufrags.isdisjoint(self._credentials.ufrags) and said.passwords.isdisjoint(
            self._credentials.passwords
        )
        return Meaning.RESTART if one and new else Meaning.NEITHER

    def next_offer(self, credentials: IceCredentials) -> str:
        """The offer that restarts it, for a fragment that means RESTART."""
        return with_credentials(self._offer.splitlines(), credentials)

    def restarted(self, credentials: IceCredentials) -> None:
        """The plane has answered ``next_offer``: this is another ICE session now."""
        self._before, self._credentials = self._credentials, credentials
        self.etag = _new_etag()


def answer_fragment(answer: str) -> str:
    """The ICE half of an SDP answer, as the 200 of a restart brings it (RFC 8840 section 9).

    Everything is bundled, so it is that of the first media line in use. Raises NotSdp without one.
    """
    sections: list[list[str]] = []
    for line in answer.splitlines():
        if line.startswith("m="):
            sections.append([])
        if sections:
            sections[-1].append(line)
    for section in sections:
        kind, port, *_ = section[0].removeprefix("m=").split(" ")
        if port == "0":
            continue
        path = [line for line in section if line.startswith(_OF_THE_PATH)]
        # Only a=mid says which line it is; the grammar wants these words of every fragment.
        head = [f"m={kind} 9 RTP/AVP 0", *(line for line in section if line.startswith("a=mid:"))]
        candidates = [line for line in section if line.startswith(_CANDIDATES)]
        return "".join(f"{line}\r\n" for line in ("a=ice-lite", *path, *head, *candidates))
    raise NotSdp("the answer has no media line in use")


def _within(some: IceCredentials, those: IceCredentials) -> bool:
    return some.ufrags <= those.ufrags and some.passwords <= those.passwords


def _new_etag() -> str:
    return f'"{secrets.token_hex(8)}"'
