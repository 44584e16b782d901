"""The Rust extension, as Python sees it. Ids are integers; events come in batches.

``Plane`` is the media core, ``SipEdge`` the SIP thread: one of each a process. No call waits for a native
thread, none runs Python from one.
A bound that is reached (the command queue of a shard; for ``accept`` also ``sessions_max`` and undrained
events) raises ``BlockingIOError``: nothing was done, and the same call can succeed later.

Ids are 0 .. 2**64 - 1. Orders for a session that is unknown or has ended do nothing: its ``down`` event
is on its way or was drained. Which events can be lost: only ``data`` and ``digit`` (counted
in ``data_dropped_total``), beyond 256 undrained ones of a session or 16 MiB in all. Of ``talking`` only
the latest state of each member is kept until it is drained.
"""

from typing import Literal, TypeAlias, final

# request: the number given to `accept`, session: chosen by the caller, never reused
_Answered: TypeAlias = tuple[Literal["answered"], int, int, str]  # request, session, SDP answer
_Refused: TypeAlias = tuple[Literal["refused"], int, int, str]  # request, session, reason (English)
_Up: TypeAlias = tuple[Literal["up"], int]  # session: ICE and DTLS are done; set_phone was called
_Down: TypeAlias = tuple[Literal["down"], int, str]
# session, why: "closed" (by us) | "consent" (RFC 7675, 10 s) | "dtls" | "peer" (DTLS close, or it went
# over a limit) | "timeout" (never connected in 15 s) | "internal" (panic, counted)
# Exactly one for every answered session, and nothing of that session after it.
_Data: TypeAlias = tuple[Literal["data"], int, str, bytes]  # session, "reliable" | "fast", message
_Limit: TypeAlias = tuple[Literal["limit"], int, int, int]  # room, session, talkspurt
_Talking: TypeAlias = tuple[Literal["talking"], int, int, bool]  # room, session, on
_Opened: TypeAlias = tuple[Literal["opened"], int, int, int]  # request, session, RTP port (RTCP: port + 1)
_Digit: TypeAlias = tuple[Literal["digit"], int, str, int]
# session, one of "0123456789*#ABCD", how long it was held in ms; told once, when it is released
_Heard: TypeAlias = tuple[Literal["heard"], int]  # session: RTP came; at most every 5 s while it does
Event: TypeAlias = _Answered | _Refused | _Up | _Down | _Data | _Limit | _Talking | _Opened | _Digit | _Heard

@final
class Plane:
    """Starts the shard threads at once.

    ``shards``: 1 to 64. ``listen``: IP addresses to bind (one UDP socket an address and shard);
    ``announce``: addresses written into candidates instead (NAT 1:1), in the order of ``listen``, further
    ones lead to the first socket of their family; empty = the bound ones. ``port``: first UDP port, shard
    k uses port + k; 0 = any free one. ``rtp_port_first``, ``rtp_port_last``: UDP ports for phones, two each;
    both 0 = any free ones. ``forwarding`` False: everything works but no media is forwarded
    (DESIGN section 7: the run that must fail).

    Raises ValueError for values that cannot work (says which), OSError for sockets.
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
        rtp_port_first: int = 0,
        rtp_port_last: int = 0,
    ) -> Plane: ...
    def event_fd(self) -> int:
        """Readable when events wait; owned by the plane, do not close."""
    def drain(self) -> list[Event]:
        """Take all waiting events (at most 4096 a call) and clear the bell.

        When more wait the bell goes on ringing.
        """
    def accept(self, request: int, session: int, offer: str, audio_slots: int, publishes: bool) -> None:
        """Answer an SDP offer for a new session; answered or refused follows.

        ``audio_slots``: most sources sent to it at once, at most 16 and as many as the offer has lines
        for. ``publishes`` True needs an audio line that sends. Video lines are answered as rejected.
        """
    def open_phone(self, request: int, session: int, address: str) -> None:
        """Bind an even UDP port for RTP and the next for RTCP; opened or refused follows.

        ``address`` is one of ``listen`` (any of its family where that is a wildcard), else ValueError. The
        session can join rooms at once; it is silent until ``set_phone``.
        """
    def set_phone(
        self,
        session: int,
        remote_ip: str,
        remote_port: int,
        codec: str,
        payload_type: int,
        dtmf_payload_type: int,
        hears: bool,
        speaks: bool,
    ) -> None:
        """Say where the phone is and what it speaks; ``up`` follows the first call.

        ``codec``: "PCMU", "PCMA", "G722" or "opus". ``payload_type``, ``dtmf_payload_type``: 0 to 127, the
        latter -1 = none. Hold is ``hears`` or ``speaks`` False. Later calls (moved address, other codec)
        go on with the same outgoing SSRC and sequence. Raises ValueError for values that cannot be.
        """
    def tone(self, session: int, name: str) -> None:
        """Play a tone to one phone, over what it hears; "off" ends the one that plays.

        "granted", "go", "queued", "denied", "revoked", "time_nearly_out", "end_of_talk", "busy",
        "media_fault", "emergency_alarm", "emergency_acked", "cleared", else ValueError. "queued" and
        "emergency_alarm" go on until "off" or another tone.
        """
    def digits(self, session: int, text: str) -> None:
        """Send DTMF (RFC 4733), 100 ms each; ValueError for a character that is no key.

        At most 32 wait at the phone; further ones are dropped and counted, all are without a DTMF payload
        type.
        """
    def close(self, session: int) -> None:
        """End a session; ``down`` "closed" follows."""
    def join(self, room: int, session: int, hear: bool) -> None:
        """Make the session a member (of at most 256 rooms), or change whether it hears there."""
    def leave(self, room: int, session: int) -> None: ...
    def open_gate(self, room: int, session: int, talkspurt: int, limit_ms: int) -> None:
        """Let a member be heard; 0 = without limit. Opening an open gate starts its limit anew."""
    def shut_gate(self, room: int, session: int) -> None: ...
    def send(self, session: int, channel: str, data: bytes) -> None:
        """Queue a message on "reliable" or "fast" (else ValueError).

        Dropped and counted when it is too long, the peer has not opened the channel, or 128 KiB wait.
        """
    def counters(self) -> dict[str, int]:
        """Counters, gauges and log2 histogram buckets (name_bucket_{k}) of all shards, by name.

        Bucket 0 counts zeros, bucket k values from 2**(k-1) to 2**k - 1; ``name_sum`` is their sum.
        """
    def ports(self) -> list[int]:
        """The bound UDP port of each shard."""
    def stop(self) -> None:
        """End all sessions, join the threads (waits at most 2 s, the GIL released)."""

# -- SIP -------------------------------------------------------------------------------------

SipFlow: TypeAlias = tuple[int, str, str, int, str]
# link, "udp" | "tcp" | "tls", remote address, remote port, local address that peers there reach
SipWay: TypeAlias = tuple[int, str, str, int, str]
# link of a registered phone, or 0; transport; address; port; name in the certificate for "tls"
_SipCaller: TypeAlias = tuple[str | None, bool, str, str]
# user proven by digest or None, came from a trusted address, user of From, display name of From (unproven)
_Incoming: TypeAlias = tuple[Literal["incoming"], int, SipFlow, str, _SipCaller, bytes | None]
# leg, flow, called user, caller, offer (None: we are asked for it)
_Progress: TypeAlias = tuple[Literal["progress"], int, int, bytes | None]  # leg, status, early media
_SipAnswered: TypeAlias = tuple[Literal["answered"], int, bytes | None]  # leg, answer to our offer
_Established: TypeAlias = tuple[Literal["established"], int, bytes | None]  # leg, answer to a late offer
_Offered: TypeAlias = tuple[Literal["offered"], int, int, bytes | None]  # leg, request, offer
_OfferWithdrawn: TypeAlias = tuple[Literal["offer_withdrawn"], int, int]  # leg, request
_OfferAnswered: TypeAlias = tuple[Literal["offer_answered"], int, bytes | None]
_OfferRefused: TypeAlias = tuple[Literal["offer_refused"], int, int]  # leg, status
_Info: TypeAlias = tuple[Literal["info"], int, str, bytes]  # leg, content type, body
_Refer: TypeAlias = tuple[Literal["refer"], int, int, str]  # leg, request, target
_ProbeAnswered: TypeAlias = tuple[Literal["probe_answered"], int, int]  # leg, status: it lives
_Ended: TypeAlias = tuple[Literal["ended"], int, str, int]
# leg, why: "hangup" (ours) | "remote_hangup" | "cancelled" | "refused" | "ring_limit" | "no_response"
# | "no_ack" | "hub_too_slow" | "session_expired" | "gone" | "connection_lost"; status of a refusal
_Bound: TypeAlias = tuple[Literal["bound"], str, str, SipFlow, int, list[str], str]
# number, contact, flow, expires in s, Path, User-Agent
_Unbound: TypeAlias = tuple[Literal["unbound"], str, str, str]
# number, contact, "removed" | "expired" | "connection_lost" | "replaced"
_Registration: TypeAlias = tuple[Literal["registration"], int, str, int]
# id, "active" | "failed" | "connection_lost" | "removed", seconds or status
_Pong: TypeAlias = tuple[Literal["pong"], int, int]
_Rejected: TypeAlias = tuple[Literal["rejected"], int, str]  # leg or id of the order, why
SipEvent: TypeAlias = (
    _Incoming
    | _Progress
    | _SipAnswered
    | _Established
    | _Offered
    | _OfferWithdrawn
    | _OfferAnswered
    | _OfferRefused
    | _Info
    | _Refer
    | _ProbeAnswered
    | _Ended
    | _Bound
    | _Unbound
    | _Registration
    | _Pong
    | _Rejected
)

@final
class SipEdge:
    """Binds the doors and starts the thread "sip".

    ``listen``: (transport, address, port, address to announce or None); port 0 takes any free one.
    ``algorithms``: "SHA-256", "MD5", in the order of the challenges. ``limits`` by name: legs, addresses,
    bindings, rate_per_s, burst, connections, connections_per_source. ``identity``: PEM chain and key of the
    TLS doors. ``authorities``: PEM, what servers called over TLS are checked against.

    Raises ValueError for values that cannot work, OSError for sockets. Orders raise BlockingIOError when
    16,384 wait: nothing was done. Orders for a leg that has ended are answered by "rejected". No event is
    lost: while 16,384 wait nothing more is read from the network.
    """

    def __new__(
        cls,
        *,
        listen: list[tuple[str, str, int, str | None]],
        realm: str,
        algorithms: list[str],
        limits: dict[str, int],
        identity: tuple[bytes, bytes] | None = None,
        authorities: bytes | None = None,
    ) -> SipEdge: ...
    def event_fd(self) -> int:
        """Readable when events wait, or the thread ended; owned by the edge, do not close."""
    def drain(self) -> list[SipEvent]:
        """Take waiting events (at most 4096 a call). Raises OSError when the thread has ended."""
    def doors(self) -> list[tuple[str, str, int]]:
        """(transport, address, port) as bound, in the order of ``listen``."""
    def set_user(self, user: str, sha256: str, md5: str) -> None:
        """Know a digest user by HA1 values; an empty one is not used."""
    def set_public(self, user: str, public: bool) -> None:
        """Anybody may call this user part without digest, or no longer."""
    def set_trusted(self, source: str, trusted: bool) -> None:
        """Requests from this address need no digest and have no rate limit, or no longer."""
    def ring(self, leg: int, status: int) -> None: ...
    def answer(self, leg: int, sdp: bytes) -> None:
        """Answer a call that came in; ``sdp`` is our answer, or our offer when it had none."""
    def refuse(self, leg: int, status: int) -> None: ...
    def hangup(self, leg: int) -> None:
        """BYE, CANCEL or 603, as the leg's state asks; "ended" follows."""
    def accept_offer(self, leg: int, request: int, sdp: bytes) -> None: ...
    def refuse_offer(self, leg: int, request: int, status: int) -> None: ...
    def acknowledge(self, leg: int, sdp: bytes) -> None:
        """Our answer to an offer that came in a 2xx."""
    def probe(self, leg: int) -> None:
        """OPTIONS in the dialog; "probe_answered" or "ended" follows."""
    def call(
        self,
        leg: int,
        way: SipWay,
        *,
        target: str,
        caller: str,
        name: str,
        route: list[str],
        sdp: bytes,
        account: tuple[str, str] | None = None,
        ring_limit_ms: int = 0,
    ) -> None:
        """Place a call. ``leg``: an odd number greater than all before; ``target``, ``caller``: URIs."""
    def register(
        self,
        registration: int,
        way: SipWay,
        *,
        registrar: str,
        address: str,
        user: str,
        account: tuple[str, str] | None = None,
        expires_s: int = 600,
    ) -> None:
        """Keep a registration of ours at somebody else's registrar; "registration" events tell its state."""
    def unregister(self, registration: int) -> None: ...
    def set_identity(self, chain: bytes, key: bytes) -> None:
        """New TLS connections get this certificate (PEM); one that cannot be used changes nothing."""
    def counters(self) -> dict[str, int]:
        """Counters (``_total``) and present sizes by name."""
    def stop(self) -> None:
        """End the thread after the orders that wait; waits for it, the GIL released."""

SdpLocal: TypeAlias = tuple[str, int, int, int, list[str], str]
# our address, our port, session id, version (one more for every change), codecs best first, direction
SdpAgreed: TypeAlias = tuple[str, int, str, int, int, str]
# remote address or "" (no place for media), remote port, codec, payload type, DTMF payload type or -1,
# direction as seen from us: "sendrecv" | "sendonly" | "recvonly" | "inactive"

def sdp_offer(ours: SdpLocal) -> bytes:
    """Our offer of one audio stream."""

def sdp_answer(offer: bytes, ours: SdpLocal) -> tuple[bytes, SdpAgreed]:
    """Our answer (RFC 3264): the first audio line that works, every other refused in its place.

    Raises ValueError "not_sdp", "no_audio", "no_codec" or "no_security".
    """

def sdp_agreed(answer: bytes, ours: SdpLocal) -> SdpAgreed:
    """What the peer's answer to our offer settles; raises ValueError, "not_an_answer" too."""

def sip_ha1(user: str, realm: str, password: str) -> tuple[str, str]:
    """HA1 by SHA-256 and by MD5 (RFC 7616 3.4.2), lower case hex."""
