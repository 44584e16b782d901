"""SIP to the model and back. Pure: no socket, no clock, no state."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.model.call import CallState
from gateway.model.effects import Answer
from gateway.model.grants import Grants, Verb
from gateway.model.ids import RoomId
from gateway.model.refusal import RefusalCode
from gateway.ports.media import DTMF_KEYS, PhoneCodec, PhoneMedia

if TYPE_CHECKING:
    from adapters.sip.native import SdpAgreed

STATUS = {
    RefusalCode.UNKNOWN_ROOM: 404,
    RefusalCode.ROOM_FULL: 486,
    RefusalCode.NOT_ALLOWED: 403,
    RefusalCode.EXPIRED: 403,
    RefusalCode.TOO_MANY: 503,
}
"""How a refused join is told to a caller; anything else is 500."""

_KEY = r"\s*([0-9]|1[0-5]|[*#A-D])\s*"
_SIGNAL = re.compile(rf"^\s*Signal\s*={_KEY}$", re.MULTILINE | re.IGNORECASE | re.ASCII)
_BARE = re.compile(_KEY, re.IGNORECASE | re.ASCII)
_KEY_TYPES = ("application/dtmf-relay", "application/dtmf")


@dataclass(frozen=True, slots=True)
class Terms:
    """What an offer and its answer agreed on."""

    remote_ip: str
    """Empty while the peer has no place for media."""
    remote_port: int
    codec: PhoneCodec
    payload_type: int
    dtmf_payload_type: int | None
    hears: bool
    speaks: bool

    def media(self, before: PhoneMedia | None) -> PhoneMedia | None:
        """For the media plane. A peer that takes its place away (an old hold) keeps the one it had."""
        ip, port = self.remote_ip, self.remote_port
        if not ip:
            if before is None:
                return None
            ip, port = before.remote_ip, before.remote_port
        hears = self.hears and bool(self.remote_ip)
        return PhoneMedia(ip, port, self.codec, self.payload_type, self.dtmf_payload_type, hears, self.speaks)


def terms(agreed: "SdpAgreed") -> Terms:
    """The extension's tuple, named. The direction is seen from us."""
    ip, port, codec, payload_type, dtmf, direction = agreed
    return Terms(
        remote_ip=ip,
        remote_port=port,
        codec=PhoneCodec(codec),
        payload_type=payload_type,
        dtmf_payload_type=None if dtmf < 0 else dtmf,
        hears=direction in ("sendrecv", "sendonly"),
        speaks=direction in ("sendrecv", "recvonly"),
    )


_BUSY, _DECLINED, _NOBODY = (486, 600), (403, 603), (404, 408, 410, 480, 604)
_ENDS = {
    "ring_limit": CallState.NO_ANSWER,
    "no_response": CallState.UNREACHABLE,
    "connection_lost": CallState.UNREACHABLE,
    "no_link": CallState.UNREACHABLE,
    "hangup": CallState.CANCELLED,
}


def call_state(why: str, status: int) -> CallState:
    """How a call out ended that was not answered."""
    if why != "refused":
        return _ENDS.get(why, CallState.FAILED)
    if status in _BUSY:
        return CallState.BUSY
    if status in _DECLINED:
        return CallState.DECLINED
    return CallState.UNREACHABLE if status in _NOBODY else CallState.FAILED


def status(answer: Answer) -> int | None:
    """The final response for a refused join; None: it was granted."""
    return None if answer.refusal is None else STATUS.get(answer.refusal.code, 500)


def call_grants(subject: str, room: RoomId, expires_at: float) -> Grants:
    """What a caller may do in the one room it called."""
    return Grants(subject, frozenset({Verb.LISTEN, Verb.TALK}), frozenset({room}), expires_at)


class NotAKey(Exception):
    """The body of an INFO is said to be a key, and is none."""


def info_key(content_type: str, body: bytes) -> str | None:
    """The key in an INFO of a phone or PBX without telephone-event; None: it is about something else.

    Some number the keys as RFC 4733 does: 10 is ``*`` and 11 is ``#``. Raises NotAKey.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in _KEY_TYPES:
        return None
    text = body.decode("ascii", errors="replace")
    found = _SIGNAL.search(text) if kind == "application/dtmf-relay" else _BARE.fullmatch(text)
    if found is None:
        raise NotAKey
    key = found[1].upper()
    return DTMF_KEYS[int(key)] if key.isdigit() else key
