"""One call of a simulated telephone: its dialog, its session, its sound."""

import asyncio
import secrets
from typing import TYPE_CHECKING

from sim.phone.codec import rtpmaps
from sim.phone.message import Message, uri_of
from sim.phone.sound import Sound

if TYPE_CHECKING:
    from sim.phone.phone import Phone


class Refused(Exception):
    """The call was not answered; ``status`` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(f"refused with {status}")
        self.status = status


class CallEnded(Exception):
    """There is no such call any more, or not yet."""


class Call:
    """``sound`` runs from the answer to the end."""

    def __init__(self, phone: "Phone", call_id: str, number: str) -> None:
        self.phone = phone
        self.number = number
        self.call_id = call_id
        self.local_tag = secrets.token_hex(4)
        self.over = asyncio.Event()
        """The call has ended, whoever ended it."""
        self.up = asyncio.Event()
        """It was answered, and the other side knows."""
        self.ringing = asyncio.Event()
        self.held = False
        self.probes = 0
        """OPTIONS received in the dialog."""
        self._remote = ""
        """From or To of the other side, with its tag."""
        self._target = ""
        self._route: list[str] = []
        self._version = 1
        self._late_offer = False
        self._anonymous = False
        self._ack: Message | None = None
        self._invite: Message | None = None
        self._answer: Message | None = None
        phone.calls[call_id] = self

    sound: Sound

    @classmethod
    async def dial(cls, phone: "Phone", number: str, *, late_offer: bool, anonymous: bool) -> "Call":
        """A call about to be made."""
        call = cls(phone, secrets.token_hex(8), number)
        call.sound = await Sound.open(phone.wire.local[0], phone.codecs)
        call._late_offer, call._anonymous = late_offer, anonymous
        at = f"{phone.server[0]}:{phone.server[1]}" if phone.domain == phone.server[0] else phone.domain
        call._target = f"sip:{number}@{at}"
        call._remote = f"<{call._target}>"
        return call

    @classmethod
    def rung(cls, phone: "Phone", invite: Message) -> "Call":
        """A call that came in."""
        call = cls(phone, invite.get("call-id"), uri_of(invite.get("from")))
        call._invite = invite
        call._remote = invite.get("from")
        call._target = uri_of(invite.get("contact"))
        call._route = invite.all("record-route")
        return call

    # -- outgoing ----------------------------------------------------------------------------

    async def connect(self) -> None:
        """INVITE to ACK. Raises Refused."""
        body = b"" if self._late_offer else self._sdp()
        answer = await self.phone.ask(
            "INVITE",
            self._target,
            [*self._headers(), ("Contact", self.phone.contact)],
            body,
            login=not self._anonymous,
        )
        if answer.status >= 300:
            raise Refused(answer.status)
        self._confirm(answer)
        self.sound.aim(answer.body)
        self.up.set()

    def cancel(self) -> None:
        """Give up while it rings."""
        request = self._own_invite()
        headers = [(name, request.get(name)) for name in ("via", "from", "to", "call-id")]
        headers += [("CSeq", f"{_seq(request)} CANCEL"), ("Max-Forwards", "70")]
        self.phone.send(Message(f"CANCEL {self._target} SIP/2.0", headers))

    def progressed(self, request: Message, answer: Message) -> None:
        """A provisional answer came."""
        self._invite = request
        if answer.status >= 180:
            self.ringing.set()

    def acknowledge_again(self) -> None:
        """A copy of the 2xx: the ACK was lost."""
        if self._ack is not None:
            self.phone.send(self._ack)

    # -- incoming ----------------------------------------------------------------------------

    async def answer(self) -> None:
        """Pick up; returns when the other side knows."""
        invite = self._own_invite()
        self.sound = await Sound.open(self.phone.wire.local[0], self.phone.codecs)
        self.sound.aim(invite.body)
        self._answer = self.phone.answer(invite, 200, tag=self.local_tag, body=self._sdp(), contact=True)
        async with asyncio.timeout(5):
            await self.up.wait()

    def refuse(self, status: int) -> None:
        """486 busy, 603 declined ..."""
        self.phone.answer(self._own_invite(), status, tag=self.local_tag)
        self.close()

    # -- inside the call ---------------------------------------------------------------------

    async def hold(self) -> int:
        """Put the other side on hold: it is asked to be silent and gets nothing."""
        self.held = True
        return await self._change()

    async def unhold(self) -> int:
        """Go on."""
        self.held = False
        return await self._change()

    async def move(self) -> int:
        """Take the media to another port, as a phone does that changes networks."""
        await self.sound.move()
        return await self._change()

    async def info_key(self, key: str) -> int:
        """A key as SIP INFO, from a phone without telephone-event."""
        return await self.info("application/dtmf-relay", f"Signal={key}\r\nDuration=160\r\n".encode())

    async def info(self, content_type: str, body: bytes) -> int:
        """Anything as SIP INFO."""
        headers = [*self._headers(), ("Content-Type", content_type)]
        return (await self.phone.ask("INFO", self._target, headers, body)).status

    async def hang_up(self) -> int:
        """BYE and its answer."""
        self.over.set()
        status = (await self.phone.ask("BYE", self._target, self._headers())).status
        self.close()
        return status

    def close(self) -> None:
        """Forget it without a word."""
        self.over.set()
        self.phone.calls.pop(self.call_id, None)
        if hasattr(self, "sound"):
            self.sound.close()

    def asked(self, request: Message) -> None:
        """A request in the dialog."""
        match request.method:
            case "ACK":
                self.up.set()
            case "BYE":
                self.phone.answer(request, 200)
                self.close()
            case "CANCEL":
                self.phone.answer(request, 200, tag=self.local_tag)
                self.refuse(487)
            case "INVITE" if self._answer is None:
                self.phone.answer(request, 180, tag=self.local_tag)
            case "INVITE" if request.get("cseq") == (self._invite.get("cseq") if self._invite else ""):
                self.phone.send(self._answer or request)
            case "INVITE" | "UPDATE":
                self._version += 1
                if request.body:
                    self.sound.aim(request.body)
                self.phone.answer(request, 200, body=self._sdp() if request.body else b"", contact=True)
            case "OPTIONS":
                self.probes += 1
                self.phone.answer(request, 200)
            case _:
                self.phone.answer(request, 200)

    async def _change(self) -> int:
        self._version += 1
        headers = [*self._headers(), ("Contact", self.phone.contact)]
        answer = await self.phone.ask("INVITE", self._target, headers, self._sdp())
        if answer.status < 300:
            self._confirm(answer)
            self.sound.aim(answer.body)
        return answer.status

    def _confirm(self, answer: Message) -> None:
        self._remote = answer.get("to")
        self._target = uri_of(answer.get("contact")) or self._target
        self._route = list(reversed(answer.all("record-route")))
        body = self._sdp() if self._late_offer and not self.up.is_set() else b""
        headers = [self.phone.via(f"z9hG4bK{secrets.token_hex(8)}"), *self._headers()]
        headers += [("CSeq", f"{_seq(answer)} ACK"), ("Max-Forwards", "70")]
        if body:
            headers.append(("Content-Type", "application/sdp"))
        self._ack = Message(f"ACK {self._target} SIP/2.0", headers, body)
        self.phone.send(self._ack)

    def _own_invite(self) -> Message:
        """The INVITE that the call is about. Raises CallEnded before there is one."""
        if self._invite is None:
            raise CallEnded("nobody was called yet")
        return self._invite

    def _headers(self) -> list[tuple[str, str]]:
        name = f'"{self.phone.name}" ' if self.phone.name else ""
        ours = f"{name}<sip:{self.phone.user}@{self.phone.domain}>;tag={self.local_tag}"
        routes = [("Route", route) for route in self._route]
        return [("From", ours), ("To", self._remote), ("Call-ID", self.call_id), *routes]

    def _sdp(self) -> bytes:
        host, port = self.sound.local
        lines = ["v=0", f"o=- {int(self.local_tag, 16)} {self._version} IN IP4 {host}", "s=-"]
        lines += [f"c=IN IP4 {host}", "t=0 0", f"m=audio {port} RTP/AVP {self.phone.codecs} 101"]
        lines += [*rtpmaps(self.phone.codecs), "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16"]
        lines += ["a=sendonly" if self.held else "a=sendrecv", ""]
        return "\r\n".join(lines).encode()


def _seq(message: Message) -> str:
    return message.get("cseq").split()[0]
