"""A media plane without media: sessions, rooms and gates as the real one has them, no packet.

Passes tests/contract/media_plane.py. A test connects and breaks transports itself (``connect``, ``fail``)
and reads what is open; with ``connects=True`` each accepted offer connects on the next loop turn.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gateway.model.ids import LegId, RoomId, TalkspurtId
from gateway.model.inputs import MediaDown, MediaUp, Talking, TalkLimitHit
from gateway.model.video import VideoKind
from gateway.ports.media import (
    Channel,
    DataReceived,
    Digit,
    LegProfile,
    MediaEvent,
    OfferRefused,
    PhoneMedia,
    PhoneRefused,
    PictureTurned,
    PlaneBusy,
    Tone,
    check_digits,
)

FAKE_RTP_PORT_FIRST = 40_000


@dataclass(slots=True)
class _Gate:
    talkspurt: TalkspurtId
    limit: asyncio.TimerHandle | None


@dataclass(slots=True)
class _Transport:
    """One accepted offer, or the ports of one phone."""

    profile: LegProfile | None
    up: bool = False
    hears: dict[RoomId, bool] = field(default_factory=dict)
    gates: dict[RoomId, _Gate] = field(default_factory=dict)
    shown: set[tuple[RoomId, VideoKind]] = field(default_factory=set)
    watched: dict[int, tuple[tuple[LegId, VideoKind] | None, int]] = field(default_factory=dict)
    phone: PhoneMedia | None = None
    heard_rtp: bool = False


class FakeMediaPlane:
    """Implements ``gateway.ports.media.MediaPlane`` in memory."""

    def __init__(self, *, connects: bool = True, sessions_max: int = 1000) -> None:
        self._connects = connects
        self._sessions_max = sessions_max
        self._transports: dict[LegId, _Transport] = {}
        self._accepting: set[LegId] = set()
        self._phones_opened = 0
        self._sink: Callable[[MediaEvent], None] = lambda _event: None
        self._counters = {"offers_total": 0, "offers_refused_total": 0, "data_sent_total": 0}
        self.restarts = 0
        """ICE restarts answered."""
        self.restart_refusal: str | None = None
        """Why the next ICE restarts are refused; None: they are answered."""
        self.sent: list[tuple[LegId, Channel, bytes]] = []
        """Every data-channel message that was sent, oldest first."""
        self.tones: list[tuple[LegId, Tone]] = []
        """Every tone that was played to a phone, oldest first."""
        self.digits_sent: list[tuple[LegId, str]] = []
        """Every DTMF text that was sent to a phone, oldest first."""

    # -- the port ----------------------------------------------------------------------------

    async def accept(self, leg: LegId, offer: str, profile: LegProfile) -> str:
        self._accepting.add(leg)
        await asyncio.sleep(0)
        if leg not in self._accepting:
            raise OfferRefused("the leg has ended")
        self._accepting.discard(leg)
        kinds = _media_kinds(offer)
        if not kinds:
            self._counters["offers_refused_total"] += 1
            raise OfferRefused("not an SDP offer with ICE credentials and a media section")
        self._check_room_for(leg)
        self._counters["offers_total"] += 1
        self._end(leg, "replaced")
        transport = _Transport(profile)
        self._transports[leg] = transport
        if self._connects:
            asyncio.get_running_loop().call_soon(self._connect, leg, transport)
        return _answer(kinds, video=bool(profile.video_slots or profile.cameras))

    async def restart(self, leg: LegId, offer: str) -> str:
        await asyncio.sleep(0)
        transport = self._transports.get(leg)
        if transport is None or transport.profile is None:
            raise OfferRefused("the leg has no transport")
        kinds = _media_kinds(offer)
        if not kinds:
            raise OfferRefused("not an SDP offer with ICE credentials and a media section")
        if self.restart_refusal is not None:
            raise OfferRefused(self.restart_refusal)
        self.restarts += 1
        profile = transport.profile
        video = bool(profile.video_slots or profile.cameras)
        return _answer(kinds, video=video, ufrag=f"fake{self.restarts}")

    async def open_phone(self, leg: LegId, address: str) -> int:
        self._accepting.add(leg)
        await asyncio.sleep(0)
        if leg not in self._accepting:
            raise PhoneRefused("the leg has ended")
        self._accepting.discard(leg)
        if not address.startswith("127."):
            raise PhoneRefused(f"{address} is not an address that media listens on")
        self._check_room_for(leg)
        self._end(leg, "replaced")
        self._transports[leg] = _Transport(None)
        self._phones_opened += 1
        return FAKE_RTP_PORT_FIRST + 2 * (self._phones_opened - 1)

    def set_phone(self, leg: LegId, media: PhoneMedia) -> None:
        transport = self._phone(leg)
        if transport is None:
            return
        first = transport.phone is None
        transport.phone = media
        if first:
            asyncio.get_running_loop().call_soon(self._connect, leg, transport)

    def tone(self, leg: LegId, tone: Tone) -> None:
        if self._phone(leg) is not None:
            self.tones.append((leg, tone))

    def digits(self, leg: LegId, text: str) -> None:
        check_digits(text)
        if self._phone(leg) is not None:
            self.digits_sent.append((leg, text))

    def heard_rtp(self, leg: LegId) -> bool:
        transport = self._phone(leg)
        heard = transport is not None and transport.heard_rtp
        if transport is not None:
            transport.heard_rtp = False
        return heard

    def close(self, leg: LegId) -> None:
        self._accepting.discard(leg)
        self._end(leg, "closed")

    def join(self, room: RoomId, leg: LegId, *, hear: bool) -> None:
        if leg in self._transports:
            self._transports[leg].hears[room] = hear

    def leave(self, room: RoomId, leg: LegId) -> None:
        self.shut_gate(room, leg)
        for kind in VideoKind:
            self.show(room, leg, kind, on=False)
        if leg in self._transports:
            self._transports[leg].hears.pop(room, None)

    def open_gate(self, room: RoomId, leg: LegId, talkspurt: TalkspurtId, limit_ms: int) -> None:
        transport = self._transports.get(leg)
        if transport is None or room not in transport.hears:
            return
        self.shut_gate(room, leg)
        limit = None
        if limit_ms:
            loop = asyncio.get_running_loop()
            limit = loop.call_later(limit_ms / 1000, self._limit, leg, room, talkspurt)
        transport.gates[room] = _Gate(talkspurt, limit)

    def shut_gate(self, room: RoomId, leg: LegId) -> None:
        gate = self._transports[leg].gates.pop(room, None) if leg in self._transports else None
        if gate is not None and gate.limit is not None:
            gate.limit.cancel()

    def show(self, room: RoomId, leg: LegId, kind: VideoKind, *, on: bool) -> None:
        transport = self._transports.get(leg)
        if transport is None or room not in transport.hears:
            return
        if on:
            transport.shown.add((room, kind))
        else:
            transport.shown.discard((room, kind))

    def watch(self, leg: LegId, slot: int, picture: tuple[LegId, VideoKind] | None, height: int) -> None:
        transport = self._transports.get(leg)
        if transport is None or (picture is not None and picture[0] not in self._transports):
            return
        transport.watched[slot] = (picture, height)

    def send(self, leg: LegId, channel: Channel, data: bytes) -> None:
        if leg in self._transports and self._transports[leg].up:
            self._counters["data_sent_total"] += 1
            self.sent.append((leg, channel, data))

    def on_event(self, sink: Callable[[MediaEvent], None]) -> None:
        self._sink = sink

    def counters(self) -> Mapping[str, int]:
        return {**self._counters, "sessions": len(self._transports)}

    async def stop(self) -> None:
        for leg in tuple(self._transports):
            self.close(leg)

    # -- what a test does at the far end -----------------------------------------------------

    def connect(self, leg: LegId) -> None:
        """ICE and DTLS of the leg's accepted offer are done."""
        self._connect(leg, self._transports[leg])

    def fail(self, leg: LegId, why: str = "consent") -> None:
        """The leg's transport breaks."""
        self._end(leg, why)

    def receive(self, leg: LegId, channel: Channel, data: bytes) -> None:
        """The far end sends a message on a data channel."""
        self._sink(DataReceived(leg, channel, data))

    def press(self, leg: LegId, digit: str) -> None:
        """The phone's key is pressed."""
        self.hear_rtp(leg)
        self._sink(Digit(leg, digit))

    def hear_rtp(self, leg: LegId) -> None:
        """The phone sends RTP."""
        self._transports[leg].heard_rtp = True

    def speak(self, leg: LegId, room: RoomId, *, on: bool) -> None:
        """The far end begins or ceases to talk; heard only while its gate is open."""
        if room in self._transports[leg].gates:
            self._sink(Talking(leg, room, on))

    def turn_picture(self, turned: PictureTurned) -> None:
        """What a viewer's video slot carries changes."""
        self._sink(turned)

    # -- what a test reads -------------------------------------------------------------------

    def open_gates(self, room: RoomId) -> dict[LegId, TalkspurtId]:
        """Who may be heard in the room now."""
        return {leg: t.gates[room].talkspurt for leg, t in self._transports.items() if room in t.gates}

    def phone(self, leg: LegId) -> PhoneMedia | None:
        """What was last set for the phone."""
        transport = self._transports.get(leg)
        return None if transport is None else transport.phone

    def hearers(self, room: RoomId) -> set[LegId]:
        """Who hears the room now."""
        return {leg for leg, t in self._transports.items() if t.hears.get(room)}

    def shown(self, room: RoomId) -> set[tuple[LegId, VideoKind]]:
        """Which pictures may be seen in the room now."""
        return {
            (leg, kind) for leg, t in self._transports.items() for where, kind in t.shown if where == room
        }

    def profile(self, leg: LegId) -> LegProfile | None:
        """What the leg's transport was made for; None for a phone."""
        return self._transports[leg].profile

    def watched(self, leg: LegId) -> dict[int, tuple[tuple[LegId, VideoKind] | None, int]]:
        """What was last wanted of each of the leg's video slots: the picture and the height of its tile."""
        return dict(self._transports[leg].watched)

    # -- inside ------------------------------------------------------------------------------

    def _check_room_for(self, leg: LegId) -> None:
        if leg not in self._transports and len(self._transports) >= self._sessions_max:
            raise PlaneBusy(f"at most {self._sessions_max} sessions")

    def _phone(self, leg: LegId) -> _Transport | None:
        transport = self._transports.get(leg)
        return transport if transport is not None and transport.profile is None else None

    def _connect(self, leg: LegId, transport: _Transport) -> None:
        if self._transports.get(leg) is transport and not transport.up:
            transport.up = True
            self._sink(MediaUp(leg))

    def _end(self, leg: LegId, why: str) -> None:
        transport = self._transports.get(leg)
        if transport is None:
            return
        for room in tuple(transport.gates):
            self.shut_gate(room, leg)
        del self._transports[leg]
        if transport.up:
            self._sink(MediaDown(leg, why))

    def _limit(self, leg: LegId, room: RoomId, talkspurt: TalkspurtId) -> None:
        transport = self._transports.get(leg)
        if transport is not None:
            transport.gates.pop(room, None)
            self._sink(TalkLimitHit(leg, room, talkspurt))


def _media_kinds(offer: str) -> list[tuple[str, str]]:
    """(kind, mid) of each media section; empty if this is no WebRTC offer (RFC 8866, RFC 8829 5.3.1)."""
    lines = offer.splitlines()
    if "v=0" not in lines[:1] or not any(line.startswith("a=ice-ufrag:") for line in lines):
        return []
    kinds: list[tuple[str, str]] = []
    for line in lines:
        if line.startswith("m="):
            kinds.append((line[2:].split(" ", 1)[0], str(len(kinds))))
        elif line.startswith("a=mid:") and kinds:
            kinds[-1] = (kinds[-1][0], line[6:])
    return kinds


def _answer(kinds: list[tuple[str, str]], *, video: bool, ufrag: str = "fake") -> str:
    """An answer with one section for each of the offer's; lines of video are rejected without ``video``."""
    rejected = () if video else ("video",)
    lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=ice-lite"]
    lines.append("a=group:BUNDLE " + " ".join(mid for kind, mid in kinds if kind not in rejected))
    for kind, mid in kinds:
        proto = "UDP/DTLS/SCTP webrtc-datachannel" if kind == "application" else "UDP/TLS/RTP/SAVPF 111"
        lines += [f"m={kind} {0 if kind in rejected else 9} {proto}", "c=IN IP4 0.0.0.0", f"a=mid:{mid}"]
        if kind == "audio":
            lines.append("a=rtpmap:111 opus/48000/2")
        lines += [f"a=ice-ufrag:{ufrag}", "a=ice-pwd:fakefakefakefakefakefake", "a=setup:passive"]
        lines.append("a=fingerprint:sha-256 " + ":".join(["00"] * 32))
    return "\r\n".join(lines) + "\r\n"
