"""A visit to a STUN or TURN server (RFC 8489, RFC 8656): is it there, does it relay for us; nothing is left.

Blocking, each wait with its limit: for ``crosspatch doctor``.
"""

import hashlib
import hmac
import os
import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from adapters._kit.reach import CONNECT_S, connected

_COOKIE = 0x2112A442
_HEADER = struct.Struct("!HHI12s")
_BINDING, _ALLOCATE, _REFRESH = 0x001, 0x003, 0x004
_SUCCESS, _ERROR = 0x100, 0x110
_USERNAME, _INTEGRITY, _ERROR_CODE, _LIFETIME, _REALM, _NONCE, _TRANSPORT = 6, 8, 9, 0x0D, 0x14, 0x15, 0x19
_UDP = bytes((17, 0, 0, 0))
UNAUTHORIZED = 401
_STALE_NONCE, _SERVER_ERROR = 438, 500
_INTEGRITY_BYTES = 24
_ANSWER_BYTES_MAX = 2048
_ASKS = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """``error``: 0, or the code of a refusal."""

    attributes: dict[int, bytes]
    error: int = 0
    reason: str = ""
    asked_who: bool = False
    """It came to a user name and a password."""


@dataclass(slots=True)
class Visit:
    """One connection, over UDP or a stream."""

    _socket: socket.socket
    _stream: bool

    def binds(self) -> bool:
        """Whether somebody is there who speaks STUN. Raises OSError."""
        return self._ask(_BINDING, b"") is not None

    def relay(self, username: str, password: str) -> Answer | None:
        """What it says to a wish for a relay; one that is granted is given back. Raises OSError.

        None: it does not speak TURN.
        """
        wish, no_more = _attribute(_TRANSPORT, _UDP), _attribute(_LIFETIME, bytes(4))
        try:
            first = self._ask(_ALLOCATE, wish)
        except TimeoutError:
            return None
        if first is None or first.error != UNAUTHORIZED:
            if first is not None and not first.error:
                with suppress(OSError):
                    self._ask(_REFRESH, no_more)
            return first
        answer = self._signed(_ALLOCATE, wish, first, username, password)
        if answer is not None and not answer.error:
            with suppress(OSError):
                self._signed(_REFRESH, no_more, first, username, password)
        return answer

    def _signed(
        self, method: int, attributes: bytes, challenge: Answer, username: str, password: str
    ) -> Answer | None:
        """With the long-term credential (RFC 8489 section 9.2); a nonce that ran out is asked for once."""
        for _ in range(2):
            realm = challenge.attributes.get(_REALM, b"")
            nonce = challenge.attributes.get(_NONCE, b"")
            key = hashlib.md5(  # noqa: S324 - the standard's
                b":".join((username.encode(), realm, password.encode()))
            ).digest()
            who = _attribute(_USERNAME, username.encode())
            told = attributes + who + _attribute(_REALM, realm) + _attribute(_NONCE, nonce)
            answer = self._ask(method, told, key)
            if answer is None or answer.error != _STALE_NONCE:
                break
            challenge = answer
        return answer if answer is None else replace(answer, asked_who=True)

    def _ask(self, method: int, attributes: bytes, key: bytes = b"") -> Answer | None:
        request = _message(method, attributes, key)
        for attempt in range(1 if self._stream else _ASKS):
            self._socket.sendall(request)
            try:
                return _read(self._received(), request)
            except TimeoutError:
                if self._stream or attempt == _ASKS - 1:
                    raise
        return None

    def _received(self) -> bytes:
        """One message."""
        if not self._stream:
            return self._socket.recv(_ANSWER_BYTES_MAX)
        header = self._exactly(_HEADER.size)
        length = _HEADER.unpack(header)[1] if len(header) == _HEADER.size else 0
        return header + self._exactly(min(length, _ANSWER_BYTES_MAX))

    def _exactly(self, count: int) -> bytes:
        """Fewer when the other side has hung up."""
        found = b""
        while len(found) < count and (more := self._socket.recv(count - len(found))):
            found += more
        return found


@contextmanager
def visit(host: str, port: int, *, stream: bool, secure: bool) -> Iterator[Visit]:
    """Raises OSError; ssl.SSLError is one."""
    if not stream:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, proto) as out:
            out.connect(address)
            out.settimeout(CONNECT_S / _ASKS)
            yield Visit(out, _stream=False)
        return
    with connected(host, port) as plain:
        plain.settimeout(CONNECT_S)
        context = ssl.create_default_context()
        with context.wrap_socket(plain, server_hostname=host) if secure else plain as out:
            yield Visit(out, _stream=True)


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def _message(method: int, attributes: bytes, key: bytes) -> bytes:
    signed = _INTEGRITY_BYTES if key else 0
    # What is signed tells the length with the signature (RFC 8489 section 14.5).
    message = _HEADER.pack(method, len(attributes) + signed, _COOKIE, os.urandom(12)) + attributes
    return message + _attribute(_INTEGRITY, hmac.digest(key, message, "sha1")) if key else message


def _read(answer: bytes, request: bytes) -> Answer | None:
    """None: this is no answer to that."""
    if len(answer) < _HEADER.size:
        return None
    kind, length, cookie, asked = _HEADER.unpack_from(answer)
    method, _, _, mine = _HEADER.unpack_from(request)
    if kind not in (method | _SUCCESS, method | _ERROR) or cookie != _COOKIE or asked != mine:
        return None
    attributes: dict[int, bytes] = {}
    at, end = _HEADER.size, min(_HEADER.size + length, len(answer))
    while at + 4 <= end:
        name, size = struct.unpack_from("!HH", answer, at)
        attributes.setdefault(name, answer[at + 4 : at + 4 + size])
        at += 4 + size + -size % 4
    if kind == method | _SUCCESS:
        return Answer(attributes)
    told = attributes.get(_ERROR_CODE, b"").ljust(4, b"\0")
    code = (told[2] & 7) * 100 + told[3]
    return Answer(attributes, code or _SERVER_ERROR, told[4:].decode(errors="replace"))
