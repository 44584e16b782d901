"""The mixes under load, behind one face: the gateway's conference and Janus AudioBridge."""

import hashlib
import secrets
import socket
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol

from bench.peers.janus_process import JanusProcess
from bench.rtp_load import PAYLOAD_TYPE, Participant
from sim.gateway import free_port, gateway
from sim.phone import Phone, Refused
from sim.phone.message import Message, uri_of

HOST = "127.0.0.1"
RATE_HZ = 16_000
"""What the gateway mixes at; Janus is told the same."""
NUMBER, ROOM, PASSWORD = "101", "8001", "a password for the load"
_CONFIG = """
[sip]
listen_udp = ["{host}:{port}"]
requests_per_s = 1000
codecs = ["opus"]
[[sip.users]]
number = "{user}"
name = "Load"
ha1 = "{ha1}"
[[sip.rooms]]
number = "{room}"
room = "mix"
[[rooms]]
id = "mix"
mode = "conference"
capacity = 1000
"""


class Mixer(Protocol):
    """A program with one room. ``name`` stands in the table."""

    name: str

    async def start(self) -> None: ...

    @property
    def pid(self) -> int: ...

    async def join(self, participant: Participant) -> None:
        """Let it in, and aim it at where it is to send."""

    async def stop(self) -> None: ...


class Conference:
    """The gateway: every participant is a SIP call."""

    name = "Crosspatch"

    def __init__(self, *, forwarding: bool = True) -> None:
        self._forwarding = forwarding

    async def start(self) -> None:
        self._stack = AsyncExitStack()
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-mix-")))
        port = free_port(socket.SOCK_DGRAM, 1)
        ha1 = hashlib.sha256(f"{NUMBER}:crosspatch:{PASSWORD}".encode()).hexdigest()
        more = _CONFIG.format(host=HOST, port=port, user=NUMBER, ha1=ha1, room=ROOM)
        running = gateway(folder, forwarding=self._forwarding, more=more)
        self._gateway = await self._stack.enter_async_context(running)
        phone = Phone.open((HOST, port), NUMBER, PASSWORD)
        self._phone = await self._stack.enter_async_context(phone)

    @property
    def pid(self) -> int:
        return self._gateway.pid

    async def join(self, participant: Participant) -> None:
        phone = self._phone
        uri = f"sip:{ROOM}@{HOST}:{phone.server[1]}"
        dialog = [
            ("From", f"<sip:{NUMBER}@{HOST}>;tag={secrets.token_hex(4)}"),
            ("Call-ID", secrets.token_hex(8)),
        ]
        headers = [*dialog, ("To", f"<{uri}>"), ("Contact", phone.contact)]
        answer = await phone.ask("INVITE", uri, headers, _sdp(*participant.local))
        if answer.status != 200:
            raise Refused(answer.status)
        seq = answer.get("cseq").split()[0]
        ack = [phone.via(f"z9hG4bK{secrets.token_hex(8)}"), *dialog, ("To", answer.get("to"))]
        ack += [("CSeq", f"{seq} ACK"), ("Max-Forwards", "70")]
        phone.send(Message(f"ACK {uri_of(answer.get('contact'))} SIP/2.0", ack))
        lines = answer.body.decode().split("\r\n")
        participant.aim(HOST, int(next(line.split()[1] for line in lines if line.startswith("m=audio"))))

    async def stop(self) -> None:
        await self._stack.aclose()


class AudioBridge:
    """Janus with one AudioBridge room; every participant is a plain RTP one."""

    name = "Janus AudioBridge"

    def __init__(self) -> None:
        self._janus = JanusProcess("audiobridge", f'local_ip = "{HOST}"')

    async def start(self) -> None:
        await self._janus.start()
        created = {
            "request": "create",
            "room": 1,
            "sampling_rate": RATE_HZ,
            "allow_rtp_participants": True,
            "audiolevel_ext": False,
        }
        handle = await self._janus.attach()
        await self._janus.ask(janus="message", handle_id=handle, body=created)

    @property
    def pid(self) -> int:
        return self._janus.pid

    async def join(self, participant: Participant) -> None:
        host, port = participant.local
        rtp = {"ip": host, "port": port, "payload_type": PAYLOAD_TYPE}
        body = {"request": "join", "room": 1, "codec": "opus", "rtp": rtp}
        handle = await self._janus.attach()
        answer = await self._janus.ask(janus="message", handle_id=handle, body=body)
        theirs = answer["plugindata"]["data"]["rtp"]
        participant.aim(theirs["ip"], theirs["port"])

    async def stop(self) -> None:
        await self._janus.stop()


def _sdp(host: str, port: int) -> bytes:
    lines = ["v=0", "o=- 1 1 IN IP4 " + host, "s=-", f"c=IN IP4 {host}", "t=0 0"]
    lines += [f"m=audio {port} RTP/AVP {PAYLOAD_TYPE}", f"a=rtpmap:{PAYLOAD_TYPE} opus/48000/2", ""]
    return "\r\n".join(lines).encode()
