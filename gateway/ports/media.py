"""The media plane: sessions, rooms, gates. Python holds ids; no media packet passes here.

Implemented by ``gateway.native.NativeMediaPlane`` (the Rust core) and ``sim.fakes.media.FakeMediaPlane``
(same contract suite: tests/contract/media_plane.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from gateway.model.ids import LegId, RoomId, TalkspurtId
from gateway.model.inputs import MediaDown, MediaUp, Talking, TalkLimitHit


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


class PlaneBusy(Exception):
    """A bound of the media plane is reached (sessions a shard, command queue)."""


@dataclass(frozen=True, slots=True)
class LegProfile:
    """What a leg's transport is made for.

    ``audio_slots``: most audio sources sent to it at once (browser responder 3, console 8, WHEP 1,
    WHIP 0). ``publishes``: whether its microphone is taken.
    """

    audio_slots: int
    publishes: bool


@dataclass(frozen=True, slots=True)
class DataReceived:
    """A message on a data channel; at most ``data_message_bytes_max`` long."""

    leg: LegId
    channel: Channel
    data: bytes


MediaEvent = MediaUp | MediaDown | TalkLimitHit | Talking | DataReceived


class MediaPlane(Protocol):
    """Commands return at once (``accept`` excepted); what happens comes back as MediaEvents."""

    async def accept(self, leg: LegId, offer: str, profile: LegProfile) -> str:
        """Answer an SDP offer (RFC 8866, 9429). A second offer on a leg replaces its transport.

        Raises OfferRefused, PlaneBusy.
        """

    def close(self, leg: LegId) -> None:
        """End the leg's transport; unknown legs are ignored. MediaDown("closed") follows if it was up."""

    def join(self, room: RoomId, leg: LegId, *, hear: bool) -> None: ...

    def leave(self, room: RoomId, leg: LegId) -> None: ...

    def open_gate(self, room: RoomId, leg: LegId, talkspurt: TalkspurtId, limit_ms: int) -> None: ...

    def shut_gate(self, room: RoomId, leg: LegId) -> None: ...

    def send(self, leg: LegId, channel: Channel, data: bytes) -> None:
        """Queue a data-channel message; dropped and counted when the channel's buffer is full."""

    def on_event(self, sink: Callable[[MediaEvent], None]) -> None:
        """The one receiver of events, called on the event loop's thread."""

    def counters(self) -> Mapping[str, int]:
        """Monotonic counters and gauges by metric name, ``_total`` for counters."""

    async def stop(self) -> None:
        """End all sessions, join the threads."""
