"""The media plane: sessions, rooms, gates. Python holds ids; no media packet passes here.

Implemented by ``gateway.native.NativeMediaPlane`` (the Rust core) and ``sim.fakes.media.FakeMediaPlane``
(same contract suite: tests/contract/media_plane.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from typing import Protocol

from gateway.model.ids import LegId, RoomId, TalkspurtId
from gateway.model.inputs import MediaDown, MediaUp, Talking, TalkLimitHit
from gateway.model.video import VideoKind

_PORT_MAX = 65_535
_PAYLOAD_TYPE_MAX = 127


class Channel(StrEnum):
    """The two data channels of a browser session (DESIGN 3.5, 3.7)."""

    RELIABLE = "reliable"
    """Ordered, retransmitted."""
    FAST = "fast"
    """Unordered, no retransmission: floor messages."""


class OfferRefused(Exception):
    """The SDP offer cannot be answered. ``reason`` is English, for the peer's developer."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PhoneRefused(Exception):
    """No port for a phone. ``reason`` is English, for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PlaneBusy(Exception):
    """A bound of the media plane is reached (sessions a shard, command queue)."""


@dataclass(frozen=True, slots=True)
class LegProfile:
    """What a leg's transport is made for.

    ``audio_slots``: most audio sources sent to it at once (browser responder 3, console 8, WHEP 1,
    WHIP 0). ``publishes``: whether its microphone is taken. ``video_slots``: most pictures sent to it at
    once, 0 to 16. ``cameras``: whether its camera and its screen are taken. Lines of the offer beyond these
    are answered as rejected.
    """

    audio_slots: int
    publishes: bool
    video_slots: int = 0
    cameras: bool = False


@dataclass(frozen=True, slots=True)
class DataReceived:
    """A message on a data channel; at most ``data_message_bytes_max`` long."""

    leg: LegId
    channel: Channel
    data: bytes


class PhoneCodec(StrEnum):
    """What a phone can speak, by its name in SDP (RFC 3551, RFC 7587)."""

    PCMU = "PCMU"
    PCMA = "PCMA"
    G722 = "G722"
    OPUS = "opus"


class Tone(StrEnum):
    """What is played into one phone's ear, over what it hears."""

    GRANTED = "granted"
    """Speak now."""
    GO = "go"
    """Served from the queue: speak now."""
    QUEUED = "queued"
    """Repeats until another tone or OFF."""
    DENIED = "denied"
    REVOKED = "revoked"
    TIME_NEARLY_OUT = "time_nearly_out"
    END_OF_TALK = "end_of_talk"
    BUSY = "busy"
    MEDIA_FAULT = "media_fault"
    EMERGENCY_ALARM = "emergency_alarm"
    """Repeats until another tone or OFF."""
    EMERGENCY_ACKED = "emergency_acked"
    CLEARED = "cleared"
    OFF = "off"
    """Ends the tone that plays."""


@dataclass(frozen=True, slots=True)
class PhoneMedia:
    """What a phone's SDP and ours have agreed on.

    ``remote_ip``, ``remote_port``: where it wants its RTP; media then follows the source of what it really
    sends (symmetric RTP). ``payload_type``: 0 to 127, both ways. ``dtmf_payload_type``: of telephone-event
    (RFC 4733), None without. ``hears`` False: nothing is sent (it holds us); ``speaks`` False: what it
    sends is not heard.
    """

    remote_ip: str
    remote_port: int
    codec: PhoneCodec
    payload_type: int
    dtmf_payload_type: int | None = None
    hears: bool = True
    speaks: bool = True

    def __post_init__(self) -> None:
        ip_address(self.remote_ip)
        if not 1 <= self.remote_port <= _PORT_MAX:
            raise ValueError(f"remote_port must be 1 to {_PORT_MAX}, not {self.remote_port}")
        for kind in (self.payload_type, self.dtmf_payload_type):
            if kind is not None and not 0 <= kind <= _PAYLOAD_TYPE_MAX:
                raise ValueError(f"a payload type must be 0 to {_PAYLOAD_TYPE_MAX}, not {kind}")
        if self.payload_type == self.dtmf_payload_type:
            raise ValueError("sound and DTMF need different payload types")


DTMF_KEYS = "0123456789*#ABCD"


def check_digits(text: str) -> None:
    """Raises ValueError for a character that is no DTMF key."""
    wrong = set(text.upper()) - set(DTMF_KEYS)
    if wrong:
        raise ValueError(f"no DTMF keys: {''.join(sorted(wrong))!r}")


@dataclass(frozen=True, slots=True)
class Digit:
    """A DTMF key of a phone, told once, when it goes down: one of ``0123456789*#ABCD``."""

    leg: LegId
    digit: str


@dataclass(frozen=True, slots=True)
class SlotTurned:
    """Another source is in audio slot ``slot`` of ``leg``: packets name it by ``number`` in CSRC[0].

    ``source`` is None when its leg has ended meanwhile. Only the latest of each slot is told.
    """

    leg: LegId
    slot: int
    number: int
    source: LegId | None


@dataclass(frozen=True, slots=True)
class PictureTurned:
    """Another picture is in video slot ``slot`` of ``leg``, or another of its layers.

    It comes from the packet with RTP timestamp ``rtp_timestamp`` on (90 kHz, 32 bits, on the slot's own
    timeline); packets name it by ``number`` in CSRC[0]. ``by`` and ``kind`` are None when nothing is shown
    any more; ``by`` also when the leg that shows it has ended meanwhile. ``layer`` counts from the lowest.
    ``paused``: the viewer's link is too narrow, nothing comes until this is told to be over. Only the latest
    of each slot is told.
    """

    leg: LegId
    slot: int
    number: int
    by: LegId | None
    kind: VideoKind | None
    rtp_timestamp: int
    layer: int
    paused: bool


MediaEvent = MediaUp | MediaDown | TalkLimitHit | Talking | DataReceived | Digit | SlotTurned | PictureTurned


class MediaPlane(Protocol):
    """Commands return at once (``accept`` excepted); what happens comes back as MediaEvents."""

    async def accept(self, leg: LegId, offer: str, profile: LegProfile) -> str:
        """Answer an SDP offer (RFC 8866, 9429). A second offer on a leg replaces its transport.

        Raises OfferRefused, PlaneBusy.
        """

    async def restart(self, leg: LegId, offer: str) -> str:
        """Answer a new offer of the leg's transport under new ICE credentials (RFC 8445 section 9).

        The transport goes on, on the old path until the peer has found another. Raises OfferRefused (no
        transport, other lines than before), PlaneBusy.
        """

    async def open_phone(self, leg: LegId, address: str) -> int:
        """Open a pair of UDP ports on a local address for plain RTP; the even one, RTCP is the next.

        The leg can join rooms at once; it neither hears nor speaks until ``set_phone``. A transport that
        the leg had is replaced. Raises PhoneRefused (no such address, no free port), PlaneBusy.
        """

    def set_phone(self, leg: LegId, media: PhoneMedia) -> None:
        """Say where the phone is and what it speaks; MediaUp follows the first call.

        May be called again at any time (hold, moved address, other codec); what we send goes on as one
        RTP stream. Ignored for a leg without open_phone.
        """

    def tone(self, leg: LegId, tone: Tone) -> None:
        """Play a tone to a phone; other legs are ignored, pages make their own."""

    def digits(self, leg: LegId, text: str) -> None:
        """Send DTMF keys (RFC 4733), 100 ms each. Raises ValueError for a character that is no key."""

    def heard_rtp(self, leg: LegId) -> bool:
        """Whether RTP came from the phone since the last call, with a grain of 5 s (DESIGN 3.14)."""

    def close(self, leg: LegId) -> None:
        """End the leg's transport; unknown legs are ignored. MediaDown("closed") follows if it was up."""

    def join(self, room: RoomId, leg: LegId, *, hear: bool) -> None: ...

    def leave(self, room: RoomId, leg: LegId) -> None: ...

    def open_gate(self, room: RoomId, leg: LegId, talkspurt: TalkspurtId, limit_ms: int) -> None: ...

    def shut_gate(self, room: RoomId, leg: LegId) -> None: ...

    def show(self, room: RoomId, leg: LegId, kind: VideoKind, *, on: bool) -> None:
        """Let a picture of a member be seen by those who hear the room and have video slots, or no longer.

        Ends with the membership and with the transport.
        """

    def watch(self, leg: LegId, slot: int, picture: tuple[LegId, VideoKind] | None, height: int) -> None:
        """Keep a picture in a video slot; None: whoever is to be seen. Ends with the transport.

        ``height``: lines of the tile that shows it, 0 to 65535; 0: nothing is shown, so nothing is sent.
        Ignored for a picture of a leg that has no transport.
        """

    def send(self, leg: LegId, channel: Channel, data: bytes) -> None:
        """Queue a data-channel message; dropped and counted when the channel's buffer is full."""

    def on_event(self, sink: Callable[[MediaEvent], None]) -> None:
        """The one receiver of events, called on the event loop's thread."""

    def counters(self) -> Mapping[str, int]:
        """Monotonic counters and gauges by metric name, ``_total`` for counters."""

    async def stop(self) -> None:
        """End all sessions, join the threads."""
