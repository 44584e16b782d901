"""The Rust extension, as Python sees it. Ids are integers; events come in batches.

``PlaneConfig`` and ``Plane`` are all there is: one plane a process. No call waits for a media
thread, none runs Python from one. A full command queue raises ``BlockingIOError``.
"""

from typing import Literal, TypeAlias, final

# request: the number given to `accept`, session: chosen by the caller, never reused
_Answered: TypeAlias = tuple[Literal["answered"], int, int, str]  # request, session, SDP answer
_Refused: TypeAlias = tuple[Literal["refused"], int, int, str]  # request, session, reason (English)
_Up: TypeAlias = tuple[Literal["up"], int]  # session: ICE and DTLS are done
_Down: TypeAlias = tuple[Literal["down"], int, str]
# session, why: "closed" (by us) | "consent" (RFC 7675) | "dtls" | "peer" (DTLS close) | "timeout"
# (never connected in 15 s) | "internal" (panic, counted) | "replaced"
_Data: TypeAlias = tuple[Literal["data"], int, str, bytes]  # session, "reliable" | "fast", message
_Limit: TypeAlias = tuple[Literal["limit"], int, int, int]  # room, session, talkspurt
_Talking: TypeAlias = tuple[Literal["talking"], int, int, bool]  # room, session, on
Event: TypeAlias = _Answered | _Refused | _Up | _Down | _Data | _Limit | _Talking

@final
class Plane:
    """Starts the shard threads at once.

    ``listen``: IP addresses to bind (one UDP socket an address and shard); ``announce``: addresses
    written into candidates instead (NAT 1:1), empty = the bound ones. ``port``: first UDP port,
    shard k uses port + k; 0 = any free one. ``forwarding`` False: everything works but no media is
    forwarded (DESIGN section 7: the run that must fail).
    """

    def __new__(
        cls,
        *,
        shards: int,
        listen: list[str],
        announce: list[str],
        port: int,
        sessions_max: int,
        data_message_bytes_max: int,
        forwarding: bool,
    ) -> Plane: ...
    def event_fd(self) -> int:
        """Readable when events wait; owned by the plane, do not close."""
    def drain(self) -> list[Event]:
        """Take all waiting events (at most 4096 a call) and clear the bell."""
    def accept(self, request: int, session: int, offer: str, audio_slots: int, publishes: bool) -> None:
        """Answer an SDP offer for a new session; answered or refused follows."""
    def close(self, session: int) -> None: ...
    def join(self, room: int, session: int, hear: bool) -> None: ...
    def leave(self, room: int, session: int) -> None: ...
    def open_gate(self, room: int, session: int, talkspurt: int, limit_ms: int) -> None: ...
    def shut_gate(self, room: int, session: int) -> None: ...
    def send(self, session: int, channel: str, data: bytes) -> None: ...
    def counters(self) -> dict[str, int]:
        """Counters, gauges and log2 histogram buckets (name_bucket_{k}) of all shards, by name."""
    def ports(self) -> list[int]:
        """The bound UDP port of each shard."""
    def stop(self) -> None:
        """End all sessions, join the threads (waits at most 2 s, the GIL released)."""
