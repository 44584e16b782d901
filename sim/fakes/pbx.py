"""A PBX that speaks the real wire: challenges, grants, refuses and breaks as it is told. UDP or TCP."""

import asyncio
import hashlib
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from sim.phone.message import Message, parse
from sim.phone.wire import Datagrams, Stream, Wire

_FIELD = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')
_REALM = "pbx"


class Pbx:
    """Knows one password for everybody. Made by ``Pbx.open``."""

    def __init__(self, password: str) -> None:
        self.address: tuple[str, int] = ("", 0)
        self.requests: list[Message] = []
        """All that came, in order."""
        self.responses: list[Message] = []
        self.granted_s = 300
        self.min_expires_s = 0
        """A registration for less gets 423."""
        self.refuses = 0
        """Every registration is answered with this status, unless 0."""
        self.answers_calls = 486
        """The final answer to a call that has proven who it is."""
        self._password = password
        self._nonce = secrets.token_hex(8)
        self._connections: list[Stream] = []

    @classmethod
    @asynccontextmanager
    async def open(cls, password: str, *, kind: str = "udp", host: str = "127.0.0.1") -> AsyncIterator["Pbx"]:
        """Listening on a free port. Raises OSError."""
        pbx = cls(password)
        loop = asyncio.get_running_loop()
        if kind == "udp":
            transport, _ = await loop.create_datagram_endpoint(lambda: _Answering(pbx), local_addr=(host, 0))
            pbx.address = transport.get_extra_info("sockname")[:2]
            try:
                yield pbx
            finally:
                transport.close()
            return
        server = await loop.create_server(pbx._connected, host, 0)
        pbx.address = server.sockets[0].getsockname()[:2]
        try:
            yield pbx
        finally:
            server.close()
            pbx.hang_up_connections()

    def of(self, method: str) -> list[Message]:
        """The requests of a method."""
        return [request for request in self.requests if request.method == method]

    def hang_up_connections(self) -> None:
        """Every connection breaks."""
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    def call_by_connection(self, target: str, sdp: bytes) -> None:
        """INVITE on the newest connection, as a provider calls somebody behind a NAT."""
        host, port = self.address
        headers = [
            ("Via", f"SIP/2.0/TCP {host}:{port};branch=z9hG4bK{secrets.token_hex(8)}"),
            ("From", f'"Provider" <sip:555@{host}>;tag={secrets.token_hex(4)}'),
            ("To", f"<{target}>"),
            ("Call-ID", secrets.token_hex(8)),
            ("CSeq", "1 INVITE"),
            ("Contact", f"<sip:555@{host}:{port};transport=tcp>"),
            ("Max-Forwards", "70"),
            ("Content-Type", "application/sdp"),
        ]
        self._connections[-1].send(Message(f"INVITE {target} SIP/2.0", headers, sdp).encode())

    def received(self, data: bytes, wire: Wire) -> None:
        """One message."""
        if not data.strip():
            return
        message = parse(data)
        if message.status:
            self.responses.append(message)
            return
        self.requests.append(message)
        if message.method == "REGISTER":
            self._register(message, wire)
        elif message.method == "INVITE":
            self._invite(message, wire)
        elif message.method != "ACK":
            self._answer(message, wire, 200)

    def _register(self, request: Message, wire: Wire) -> None:
        if self.refuses:
            self._answer(request, wire, self.refuses)
        elif not self._proven(request, "authorization"):
            self._answer(request, wire, 401, ("WWW-Authenticate", self._challenge()))
        elif 0 < int(request.get("expires")) < self.min_expires_s:
            self._answer(request, wire, 423, ("Min-Expires", str(self.min_expires_s)))
        elif request.get("expires") == "0":
            self._answer(request, wire, 200)
        else:
            contact = f"{request.get('contact')};expires={self.granted_s}"
            self._answer(request, wire, 200, ("Contact", contact))

    def _invite(self, request: Message, wire: Wire) -> None:
        if self._proven(request, "proxy-authorization"):
            self._answer(request, wire, self.answers_calls)
        else:
            self._answer(request, wire, 407, ("Proxy-Authenticate", self._challenge()))

    def _challenge(self) -> str:
        return f'Digest realm="{_REALM}", nonce="{self._nonce}", algorithm=SHA-256, qop="auth"'

    def _proven(self, request: Message, header: str) -> bool:
        """RFC 7616 section 3.4."""
        said: dict[str, str] = {
            name: quoted or bare for name, quoted, bare in _FIELD.findall(request.get(header))
        }
        if said.get("nonce") != self._nonce:
            return False
        ha1 = _hash(f"{said['username']}:{_REALM}:{self._password}")
        ha2 = _hash(f"{request.method}:{said['uri']}")
        wanted = _hash(f"{ha1}:{self._nonce}:{said['nc']}:{said['cnonce']}:auth:{ha2}")
        return said["response"] == wanted

    def _answer(self, request: Message, wire: Wire, status: int, *more: tuple[str, str]) -> None:
        copied = [(k, v) for k, v in request.headers if k in ("via", "from", "call-id", "cseq")]
        to = ("To", f"{request.get('to')};tag={secrets.token_hex(4)}")
        wire.send(Message(f"SIP/2.0 {status} -", [*copied, to, *more]).encode())

    def _connected(self) -> Stream:
        connection: Stream

        def receive(data: bytes) -> None:
            self.received(data, connection)

        connection = Stream(receive, "TCP")
        self._connections.append(connection)
        return connection


class _Answering(Datagrams):
    """Answers whoever sent."""

    def __init__(self, pbx: Pbx) -> None:
        super().__init__(_nobody)
        self._pbx = pbx
        self._socket: asyncio.DatagramTransport | None = None
        self._to: tuple[str | int, ...] = ()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._socket = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        self._to = addr
        self._pbx.received(data, self)

    def send(self, data: bytes) -> None:
        if self._socket is not None:
            self._socket.sendto(data, self._to)


def _nobody(_: bytes) -> None:
    """Datagrams come with their sender here."""


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
