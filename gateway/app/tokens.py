"""Bearers: who may do what where until when, signed with HMAC-SHA256 by a key that only this hub has.

``{base64url of msgpack claims}.{base64url of the MAC over that text}``. Nothing is stored for a bearer;
deleting the key file ends all of them. The administrator's link is a claim of its own kind with a number
that is kept in a file: it opens once, also over restarts.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from pathlib import Path
from typing import Literal

import msgspec

from gateway.app.private_file import create_private, read_private, replace_private
from gateway.model.grants import NORMAL_RANK, Grants, Verb
from gateway.model.ids import RoomId
from gateway.model.refusal import Refusal, RefusalCode

KEY_BYTES = 32
LINK_TTL_S = 24 * 3600.0
"""The administrator's link opens within a day, or a restart prints a new one."""
ADMINISTRATOR_TTL_S = 12 * 3600.0
"""How long what the link was swapped for is good; later ones come from ``crosspatch token``."""
TOKEN_LEN_MAX = 4096


class _Claims(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    kind: Literal["bearer", "link"]
    subject: str
    verbs: tuple[Verb, ...]
    rooms: tuple[str, ...] | None
    expires_at: float
    number: str = ""
    """Of a link: which one."""
    rank: int = NORMAL_RANK


class _Link(msgspec.Struct):
    """What is kept of the administrator's link."""

    number: str
    expires_at: float
    used: bool = False


class Tokens:
    """Issues and verifies. Raises OSError and Exposed when opened, never for what a peer sends."""

    def __init__(self, directory: Path) -> None:
        key = directory / "token.key"
        create_private(key, secrets.token_bytes(KEY_BYTES))
        self._key = read_private(key)
        if len(self._key) != KEY_BYTES:
            raise OSError(f"{key} does not hold {KEY_BYTES} bytes; remove it: a new one is made")
        self._link_file = directory / "administrator-link.json"

    def issue(self, grants: Grants) -> str:
        """A bearer that carries these grants."""
        rooms = None if grants.rooms is None else tuple(sorted(grants.rooms))
        verbs = tuple(sorted(grants.verbs))
        claims = _Claims("bearer", grants.subject, verbs, rooms, grants.expires_at, rank=grants.rank)
        return self._sign(claims)

    def grants(self, token: str, at: float) -> Grants | Refusal:
        """What a token amounts to at this UTC time; the administrator's link is used up by it."""
        claims = self._verified(token, at)
        if isinstance(claims, Refusal):
            return claims
        if claims.kind == "link":
            return self._open_link(claims, at)
        rooms = None if claims.rooms is None else frozenset(RoomId(room) for room in claims.rooms)
        return Grants(claims.subject, frozenset(claims.verbs), rooms, claims.expires_at, claims.rank)

    def redeem(self, token: str, at: float) -> str | Refusal:
        """The bearer that the administrator's link opens; a valid bearer is given back as it is."""
        claims = self._verified(token, at)
        if isinstance(claims, Refusal):
            return claims
        if claims.kind == "bearer":
            return token
        grants = self._open_link(claims, at)
        return grants if isinstance(grants, Refusal) else self.issue(grants)

    def administrator_link(self, at: float) -> str | None:
        """The token of the administrator's link; None once it was opened. Raises OSError."""
        link = self._read_link()
        if link is not None and link.used:
            return None
        if link is None or link.expires_at <= at:
            link = _Link(secrets.token_urlsafe(16), at + LINK_TTL_S)
            replace_private(self._link_file, msgspec.json.encode(link))
        return self._sign(_Claims("link", "administrator", (Verb.ADMIN,), None, link.expires_at, link.number))

    # -- the link ----------------------------------------------------------------------------

    def _open_link(self, claims: _Claims, at: float) -> Grants | Refusal:
        try:
            link = self._read_link()
            if link is None or link.used or not hmac.compare_digest(link.number, claims.number):
                return Refusal(RefusalCode.NOT_ALLOWED, "the link was opened before; see crosspatch token")
            link.used = True
            # On the disk before it opens anything: a crash must not let it open twice.
            replace_private(self._link_file, msgspec.json.encode(link))
        except OSError:
            return Refusal(RefusalCode.INTERNAL, "the link cannot be marked as used")
        return Grants("administrator", frozenset(Verb), None, at + ADMINISTRATOR_TTL_S)

    def _read_link(self) -> _Link | None:
        try:
            return msgspec.json.decode(read_private(self._link_file), type=_Link)
        except FileNotFoundError:
            return None
        except msgspec.MsgspecError as error:
            raise OSError(f"{self._link_file} is damaged: {error}") from error

    # -- signing -----------------------------------------------------------------------------

    def _sign(self, claims: _Claims) -> str:
        body = _text(msgspec.msgpack.encode(claims))
        return f"{body}.{_text(self._mac(body))}"

    def _verified(self, token: str, at: float) -> _Claims | Refusal:
        body, _, mac = token.partition(".")
        if len(token) > TOKEN_LEN_MAX or not hmac.compare_digest(_bytes(mac), self._mac(body)):
            return Refusal(RefusalCode.NOT_ALLOWED, "not a token of this gateway")
        try:
            claims = msgspec.msgpack.decode(_bytes(body), type=_Claims)
        except msgspec.MsgspecError:
            return Refusal(RefusalCode.NOT_ALLOWED, "a token of another version of this gateway")
        if at >= claims.expires_at:
            return Refusal(RefusalCode.EXPIRED, "the token has expired")
        return claims

    def _mac(self, body: str) -> bytes:
        return hmac.digest(self._key, body.encode(errors="replace"), hashlib.sha256)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """Decode base64url; whatever is not comes back empty, and matches no MAC."""
    try:
        raw = text.encode("ascii")
        return base64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return b""
