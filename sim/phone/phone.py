"""A user agent: one socket, its transactions, its registration, its calls."""

import asyncio
import itertools
import secrets
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sim.phone.call import Call, Refused
from sim.phone.digest import authorization
from sim.phone.message import Message, parse
from sim.phone.wire import Wire, connect

T1_S = 0.5
PATIENCE_S = 40.0
_CHALLENGES = {
    401: ("www-authenticate", "Authorization"),
    407: ("proxy-authenticate", "Proxy-Authorization"),
}
_ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE"


class Phone:
    """``user`` is its number. Made by ``Phone.open``."""

    wire: Wire

    def __init__(
        self, server: tuple[str, int], user: str, password: str, name: str, domain: str = ""
    ) -> None:
        self.server = server
        self.domain = domain or server[0]
        """Of its address; another one than the server's makes that an outbound proxy."""
        self.user = user
        self.name = name
        self.calls: dict[str, Call] = {}
        """By Call-ID."""
        self.incoming: asyncio.Queue[Call] = asyncio.Queue()
        """Calls that ring."""
        self.mute = False
        """True: it answers nothing any more, like one whose cable was pulled."""
        self.codecs = "0"
        """Payload types offered; anything but 0 (G.711 mu-law) is refused or not understood."""
        self._password = password
        self._waiting: dict[str, asyncio.Queue[Message]] = {}
        self._seq = itertools.count(1)
        self._call_id = secrets.token_hex(8)
        self._tag = secrets.token_hex(4)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        server: tuple[str, int],
        user: str,
        password: str = "",
        *,
        kind: str = "udp",
        name: str = "",
        context: ssl.SSLContext | None = None,
        domain: str = "",
    ) -> AsyncIterator["Phone"]:
        """A telephone with its cable plugged in. Raises OSError."""
        phone = cls(server, user, password, name, domain)
        phone.wire = await connect(kind, server, phone._received, context)
        try:
            yield phone
        finally:
            for call in tuple(phone.calls.values()):
                call.close()
            phone.wire.close()

    async def register(self, expires_s: int = 300) -> int:
        """The final status: 200, or why not."""
        uri = f"sip:{self.domain}"
        address = f"<sip:{self.user}@{self.domain}>"
        headers = [
            ("From", f"{address};tag={self._tag}"),
            ("To", address),
            ("Call-ID", self._call_id),
            ("Contact", self.contact),
            ("Expires", str(expires_s)),
        ]
        answer = await self.ask("REGISTER", uri, headers)
        return answer.status

    async def call(self, number: str, *, late_offer: bool = False, anonymous: bool = False) -> Call:
        """Dial and wait for the answer. Raises Refused."""
        call = await Call.dial(self, number, late_offer=late_offer, anonymous=anonymous)
        try:
            await call.connect()
        except Refused:
            call.close()
            raise
        return call

    @property
    def contact(self) -> str:
        host, port = self.wire.local
        kind = "" if self.wire.kind == "UDP" else f";transport={self.wire.kind.lower()}"
        return f"<sip:{self.user}@{host}:{port}{kind}>"

    # -- requests of ours --------------------------------------------------------------------

    def via(self, branch: str) -> tuple[str, str]:
        host, port = self.wire.local
        return ("Via", f"SIP/2.0/{self.wire.kind} {host}:{port};branch={branch};rport")

    async def ask(
        self, method: str, uri: str, headers: list[tuple[str, str]], body: bytes = b"", *, login: bool = True
    ) -> Message:
        """The final answer; a challenge is answered once. Raises TimeoutError."""
        answer = await self._ask_once(method, uri, [*headers, ("CSeq", f"{next(self._seq)} {method}")], body)
        if answer.status not in _CHALLENGES or not login:
            return answer
        challenge, name = _CHALLENGES[answer.status]
        proof = authorization(answer.get(challenge), self.user, self._password, method, uri)
        again = [*headers, ("CSeq", f"{next(self._seq)} {method}"), (name, proof)]
        return await self._ask_once(method, uri, again, body)

    async def _ask_once(self, method: str, uri: str, headers: list[tuple[str, str]], body: bytes) -> Message:
        branch = f"z9hG4bK{secrets.token_hex(8)}"
        request = Message(f"{method} {uri} SIP/2.0", [self.via(branch), *_common(headers, body)], body)
        answers: asyncio.Queue[Message] = asyncio.Queue()
        self._waiting[branch] = answers
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._final(request, branch, answers)
        finally:
            del self._waiting[branch]

    async def _final(self, request: Message, branch: str, answers: "asyncio.Queue[Message]") -> Message:
        wait_s: float | None = T1_S
        method = request.method
        self.send(request)
        while True:
            try:
                async with asyncio.timeout(wait_s):
                    answer = await answers.get()
            except TimeoutError:
                if self.wire.kind == "UDP":
                    self.send(request)  # Timers A and E
                wait_s = min(2 * (wait_s or T1_S), 4.0)
                continue
            call = self.calls.get(answer.get("call-id"))
            if answer.status < 200:
                if method == "INVITE":
                    wait_s = None
                    if call is not None:
                        call.progressed(request, answer)
                continue
            if method == "INVITE" and answer.status >= 300:
                self._acknowledge(request, answer, branch)
            return answer

    def _acknowledge(self, request: Message, answer: Message, branch: str) -> None:
        """ACK of a refusal is part of its transaction (RFC 3261 section 17.1.1.3)."""
        uri = request.start.split(" ")[1]
        headers = [self.via(branch), ("From", request.get("from")), ("To", answer.get("to"))]
        headers += [("Call-ID", request.get("call-id"))]
        headers += [("CSeq", f"{request.get('cseq').split()[0]} ACK"), ("Max-Forwards", "70")]
        self.send(Message(f"ACK {uri} SIP/2.0", headers))

    def next_seq(self) -> int:
        return next(self._seq)

    def send(self, message: Message) -> None:
        if not self.mute:
            self.wire.send(message.encode())

    # -- what comes --------------------------------------------------------------------------

    def _received(self, data: bytes) -> None:
        if self.mute or not data.strip():
            return
        message = parse(data)
        if message.status:
            answers = self._waiting.get(message.branch)
            call = self.calls.get(message.get("call-id"))
            if answers is not None:
                answers.put_nowait(message)
            elif call is not None and message.method == "INVITE" and message.status < 300:
                call.acknowledge_again()
            return
        self._asked(message)

    def _asked(self, request: Message) -> None:
        call = self.calls.get(request.get("call-id"))
        if call is not None:
            call.asked(request)
        elif request.method == "INVITE":
            call = Call.rung(self, request)
            self.answer(request, 180, tag=call.local_tag)
            self.incoming.put_nowait(call)
        elif request.method == "OPTIONS":
            self.answer(request, 200)
        elif request.method != "ACK":
            self.answer(request, 481)

    def answer(
        self, request: Message, status: int, *, tag: str = "", body: bytes = b"", contact: bool = False
    ) -> Message:
        """Send a response and return it."""
        copied = [
            (k, v) for k, v in request.headers if k in ("via", "from", "call-id", "cseq", "record-route")
        ]
        to = request.get("to")
        if ";tag=" not in to and tag:
            to += f";tag={tag}"
        headers = [*copied, ("To", to), ("Allow", _ALLOW)]
        if contact:
            headers.append(("Contact", self.contact))
        if body:
            headers.append(("Content-Type", "application/sdp"))
        response = Message(f"SIP/2.0 {status} -", headers, body)
        self.send(response)
        return response


def _common(headers: list[tuple[str, str]], body: bytes) -> list[tuple[str, str]]:
    more = [("Max-Forwards", "70"), ("User-Agent", "simulated phone")]
    has_type = any(name == "Content-Type" for name, _ in headers)
    return [*headers, *more, *([("Content-Type", "application/sdp")] if body and not has_type else [])]
