"""The Rust extension, as Python sees it. Ids are integers; events come in batches.

``Plane`` is the media core, ``SipEdge`` the SIP thread, ``RadioEdge`` the radio thread: one of each a
process. No call waits for a native thread, none runs Python from one.
A bound that is reached (the command queue of a shard; for ``accept`` also ``sessions_max`` and undrained
events) raises ``BlockingIOError``: nothing was done, and the same call can succeed later.

Ids are 0 .. 2**64 - 1. Orders for a session that is unknown or has ended do nothing: its ``down`` event
is on its way or was drained. Which events can be lost: only ``data`` and ``digit`` (counted
in ``data_dropped_total``), beyond 256 undrained ones of a session or 16 MiB in all. Of ``talking`` only
the latest state of each member is kept until it is drained, of ``slot`` and ``picture`` the latest of each
slot.
"""

from typing import Any, Literal, TypeAlias, final

# request: the number given to `accept`, session: chosen by the caller, never reused
_Answered: TypeAlias = tuple[Literal["answered"], int, int, str]  # request, session, SDP answer
_Refused: TypeAlias = tuple[Literal["refused"], int, int, str]  # request, session, reason (English)
_NotRestarted: TypeAlias = tuple[Literal["not_restarted"], int, int, str]
# request, session, reason (English): the session goes on as it was
_Up: TypeAlias = tuple[Literal["up"], int]  # session: ICE and DTLS are done; set_phone was called
_Down: TypeAlias = tuple[Literal["down"], int, str]
# session, why: "closed" (by us) | "consent" (RFC 7675, 10 s) | "dtls" | "peer" (DTLS close, or it went
# over a limit) | "timeout" (never connected in 15 s) | "internal" (panic, counted)
# Exactly one for every answered session, and nothing of that session after it.
_Data: TypeAlias = tuple[Literal["data"], int, str, bytes]  # session, "reliable" | "fast", message
_Limit: TypeAlias = tuple[Literal["limit"], int, int, int]  # room, session, talkspurt
_Talking: TypeAlias = tuple[Literal["talking"], int, int, bool]  # room, session, on
_Opened: TypeAlias = tuple[Literal["opened"], int, int, int]  # request, session, RTP port (RTCP: port + 1)
_Digit: TypeAlias = tuple[Literal["digit"], int, str]
# session, one of "0123456789*#ABCD"; told once, when the key goes down
_Slot: TypeAlias = tuple[Literal["slot"], int, int, int, int]
# listening session, slot, source session, the number by which packets name it in CSRC[0]; told when another
# source than before is in the slot
_Picture: TypeAlias = tuple[Literal["picture"], int, int, int, str, int, int, int, bool]
# viewing session, video slot, source session, "camera" | "screen", the number by which packets name the
# picture in CSRC[0], RTP timestamp of its first packet (90 kHz), layer (0: the lowest), paused (the link is
# too narrow); source 0, kind "" and number 0: nothing is shown any more
_Heard: TypeAlias = tuple[Literal["heard"], int]  # session: RTP came; at most every 5 s while it does
Event: TypeAlias = (
    _Answered
    | _NotRestarted
    | _Refused
    | _Up
    | _Down
    | _Data
    | _Limit
    | _Talking
    | _Opened
    | _Digit
    | _Slot
    | _Picture
    | _Heard
)

@final
class Plane:
    """Starts the shard threads at once.

    ``shards``: 1 to 64. ``listen``: IP addresses to bind (one UDP socket an address and shard);
    ``announce``: addresses written into candidates instead (NAT 1:1), in the order of ``listen``, further
    ones lead to the first socket of their family; empty = the bound ones. ``port``: first UDP port, shard
    k uses port + k; 0 = any free one. ``rtp_port_first``, ``rtp_port_last``: UDP ports for phones, two each;
    both 0 = any free ones. ``tcp_port``: where peers connect by ICE-TCP (RFC 6544), on all of ``listen``, one
    for all shards; 0 = any free one, None = not offered; of its connections at most ``tcp_connections_max``,
    and ``tcp_connections_per_address`` of one address. ``forwarding`` False: everything
    works but no media is forwarded (DESIGN section 7: the run that must fail).

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
        tcp_port: int | None = None,
        tcp_connections_max: int = 0,
        tcp_connections_per_address: int = 0,
    ) -> Plane: ...
    def event_fd(self) -> int:
        """Readable when events wait; owned by the plane, do not close."""
    def drain(self) -> list[Event]:
        """Take all waiting events (at most 4096 a call) and clear the bell.

        When more wait the bell goes on ringing.
        """
    def accept(
        self,
        request: int,
        session: int,
        offer: str,
        audio_slots: int,
        publishes: bool,
        video_slots: int = 0,
        cameras: bool = False,
    ) -> None:
        """Answer an SDP offer for a new session; answered or refused follows.

        ``audio_slots``: most sources sent to it at once, at most 16 and as many as the offer has lines
        for. ``publishes`` True needs an audio line that sends. ``video_slots``: most pictures sent to it at
        once, at most 16 and as many as the offer has video lines that receive. ``cameras`` True: of the video
        lines that send the first is its camera, the second its screen. Other video lines, and those without
        VP8 or H.264 (constrained baseline, packetization mode 1), are answered as rejected.
        """
    def restart(self, request: int, session: int, offer: str) -> None:
        """Answer a new offer of a session under new ICE credentials; answered or not_restarted follows.

        Lines, streams and keys go on; so does the path in use until the peer has found another. Nothing
        follows for a session that has ended. ``request``: a number that no session was or will be given.
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
    def show(self, room: int, session: int, kind: str, on: bool) -> None:
        """Let a picture of a member be seen in the room. Raises ValueError for none of "camera", "screen"."""
    def watch(self, session: int, slot: int, source: int, kind: str, height: int) -> None:
        """Keep a picture of the session ``source`` in a video slot; 0: whoever is to be seen.

        ``height``: lines of the tile, 0 to 65535; 0: nothing is sent. Raises ValueError for another kind.
        """
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
    def tcp_port(self) -> int | None:
        """The bound TCP port; None without ICE-TCP."""
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
        """Requests from this address need no digest, but those over the flow of a registered phone do; or no
        longer. Their rate limit is wider.
        """
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
    @staticmethod
    def check_identity(chain: bytes, key: bytes) -> None:
        """Raises ValueError for a certificate with its key (PEM) that cannot be used."""
    def set_identity(self, chain: bytes, key: bytes) -> None:
        """New TLS connections get this certificate (PEM). Raises ValueError for one that cannot be used, and
        changes nothing then.
        """
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

# -- Radio (contract v1: docs/protocol/radio-v1.md) ------------------------------------------
# All times of this part are integer microseconds of the monotonic clock, time.monotonic_ns() // 1000,
# unless the name says ms.

_Link: TypeAlias = tuple[Literal["link"], bool, str]
# connected and subscribed, or lost; why: "" | "refused: ..." | "closed" | "blocked" | "stopped" | an OS error
_RxStart: TypeAlias = tuple[Literal["rx_start"], int, int, bool, bool, int | None]
# channel, stream, emergency, encrypted by the source (opaque: cannot be heard), RSSI in dBm.
# Frames are held (at most 500 ms, then the oldest go) until hear or drop.
_RxEnd: TypeAlias = tuple[Literal["rx_end"], int, int, int, int, int]
# channel, stream, frames received, frames missing, frames dropped as late (older than 1 s).
# Exactly one for every rx_start, by the end flag, by silence (3 x frame + 200 ms) or by a lost bridge.
_Granted: TypeAlias = tuple[Literal["granted"], int, int, int, int]
# channel, token, ready_ms (air is keyed up so long after the grant), limit_ms
_Denied: TypeAlias = tuple[Literal["denied"], int, int, str, int]
# channel, token, why, retry after ms (0: unknown). why is the contract's, from the bridge, or ours: "link"
# (no connection, bridge silent, clock not settled, or round trip over 600 ms), "nochan" (no answer in
# 600 ms), "shutdown" (pulse is missing)
_Revoked: TypeAlias = tuple[Literal["revoked"], int, int, str, int]
# channel, token, why ("tot" | "pri" | "wd" | ...; ours: "link", "shutdown"), penalty_ms
_Idle: TypeAlias = tuple[Literal["idle"], int, int, int, int, int, int]
# channel, token, ms on air, frames played, frames dropped as late, gaps: the answer to release or abort
_Stuck: TypeAlias = tuple[Literal["stuck"], int, int]
# channel, token: released or aborted, but no idle in 2 s; abort was sent (again). Raise an alarm.
_BridgeHeartbeat: TypeAlias = tuple[Literal["heartbeat"], str, int | None, int | None, int, int, int, int]
# bridge, least round trip of 30 s in us, offset in us (bridge clock minus ours) at that round trip, and the
# bridge's own numbers: frames queued, dropped at the source, dropped as late, bad messages. Every one taken.
_Silent: TypeAlias = tuple[Literal["silent"], str]  # no heartbeat in 3 s after one; told once until the next
_Bad: TypeAlias = tuple[Literal["bad"], str, str, int]
# bridge, kind of the first, how many: more than 10 messages in one second were malformed; told once a second
_Lost: TypeAlias = tuple[Literal["lost"], int]
# this many events were dropped because 8192 waited: take nothing that was known for granted
RadioEvent: TypeAlias = (
    _Link
    | _RxStart
    | _RxEnd
    | _Granted
    | _Denied
    | _Revoked
    | _Idle
    | _Stuck
    | _BridgeHeartbeat
    | _Silent
    | _Bad
    | _Lost
)

@final
class RadioEdge:
    """The hub's side: one MQTT 5 connection, everything that is timed, on the thread "radio-io".

    Connects at once and again and again (backoff 0.25 s to 8 s with jitter); ``link`` tells. It announces
    the hub ({root}/1/hub/state, retained, with a last will), sends the heartbeat of every expected bridge
    once a second, and moves frames between MQTT and one UDP socket a channel on 127.0.0.1.

    ``client_id``, ``username``, ``password``: "" and None = without. ``tls``: PEM of the authorities, of our
    certificate chain and of its key (both empty = without a certificate); ``server_name`` is checked against
    the broker's. ``epoch``: greater at each start of the hub. ``limits`` by name: channels (default 256),
    bridges (64).

    Raises ValueError for values that cannot work (says which), OSError for sockets; never because the broker
    cannot be reached. Orders raise BlockingIOError when 4096 wait: nothing was done. Orders for a channel,
    token or stream that is unknown or over do nothing.
    """

    def __new__(
        cls,
        *,
        host: str,
        port: int,
        client_id: str,
        username: str | None = None,
        password: str | None = None,
        tls: tuple[bytes, bytes, bytes] | None = None,
        server_name: str | None = None,
        root: str = "rb",
        epoch: int,
        limits: dict[str, int] | None = None,
    ) -> RadioEdge: ...
    def event_fd(self) -> int:
        """Readable when events wait, or the thread ended; owned by the edge, do not close."""
    def drain(self) -> list[RadioEvent]:
        """Take waiting events (at most 4096 a call). Raises OSError when the thread has ended."""
    def expect(self, bridge: str, sid: str) -> None:
        """Take this session of a bridge: heartbeats go to it, and only it is listened to.

        Another ``sid`` than before ends what was under way: streams by rx_end, overs by revoked "link".
        """
    def forget(self, bridge: str) -> None:
        """Listen to the bridge no more; ends what was under way. Its channels stay open."""
    def open(self, channel: int, bridge: str, name: str, codec: str) -> int:
        """Make a channel; returns its UDP port on 127.0.0.1, where RTP of what is to be transmitted goes.

        ``channel`` is chosen by the caller, never reused while open. ``codec``: "opus" (payload type 111,
        48 kHz clock) or "PCMU" (payload type 0). ValueError when the channel or (bridge, name) is open.
        """
    def aim(self, channel: int, port: int) -> None:
        """What the radio receives goes to this UDP port of 127.0.0.1, as RTP: one SSRC a stream, the marker
        on its first packet, 20 ms or whole Opus frames a packet. 0 = nowhere.
        """
    def shut(self, channel: int) -> None:
        """Close a channel; an over is aborted. No event of that channel follows but revoked, rx_end, idle."""
    def key(
        self,
        channel: int,
        token: int,
        retry_token: int,
        priority: int,
        limit_ms: int,
        source: tuple[str, str, str],
        origin: str = "",
        hop: int = 0,
    ) -> None:
        """Ask the bridge for air; granted or denied follows, at the latest after 1.3 s.

        ``token``, ``retry_token``: random, 1 to 2**32 - 1, never used before; a bridge that says "stale" is
        asked once more with the second, events name the first. From now on the channel's RTP belongs to
        this over and is sent at once; RTP that came before (at most 500 ms) is its head. A key of greater
        ``priority`` replaces the over under way, which ends with revoked "pri"; else denied "busy".
        ``source``: type ("sip" | "web" | "radio" | ...), id, display name. ``origin``, ``hop``: see the
        contract's loop guard. Raises ValueError for values out of bounds.
        """
    def release(self, channel: int) -> None:
        """The over ends; idle follows.

        What the media plane still had is sent: until its RTP pauses for 45 ms, at most 200 ms. Then the end
        flag three times, and rel.
        """
    def abort(self, channel: int) -> None:
        """Unkey now, discard what was not played; idle follows. Before a grant: nothing follows."""
    def hear(self, channel: int, stream: int) -> None:
        """Let a received stream out: the held head first, at most 3 frames a 20 ms, then as it comes."""
    def drop(self, channel: int, stream: int) -> None:
        """Discard a received stream, held and to come; rx_end still follows."""
    def pulse(self) -> None:
        """The event loop lives; at least once a second. Silent for 3 s: every over is aborted (revoked
        "shutdown") and heartbeats stop until the next pulse, so that bridges unkey too.
        """
    def counters(self) -> dict[str, int]:
        """Counters (``_total``) and present sizes by name."""
    def stop(self) -> None:
        """Abort every over, publish that the hub is off, disconnect; waits at most 1 s, the GIL released."""

_Ptt: TypeAlias = tuple[Literal["ptt"], bool]  # key or unkey the transmitter, at once
_Play: TypeAlias = tuple[Literal["play"], bytes, int]
# one codec frame (PCMU: one message's block) to put on air now, and how old it was when it arrived, in us
_Flush: TypeAlias = tuple[Literal["flush"]]  # discard what was handed out and is not on air yet
_PublishFloor: TypeAlias = tuple[Literal["publish"], bytes]  # to up/ch/C/floor, QoS 1, expiry 2 s
RadioAction: TypeAlias = _Ptt | _Play | _Flush | _PublishFloor

@final
class RadioFence:
    """The transmit fence of one channel, bridge side: what may key and what may be played. No I/O, no clock.

    Every call with ``now_us`` returns what to do, in order. Whatever ``payload`` holds, nothing raises:
    what is not taken is counted. After every call ask ``deadline``, and call ``tick`` at that time. Frames
    are played one by one at their pace, so do not queue more than a device needs. The transmitter is off
    at the start: ("ptt", False) is the first action of the first call.

    ``codec``: "opus/48000/1", "pcmu/8000/1" or another name of the contract. ``frame_ms``: 20, 40 or 60.
    ``ready_ms``: the transmitter needs this long after "ptt" True before it carries speech. ``tail_ms``: it
    stays keyed so long after the last frame. ``playout_ms``: the first frame waits so long for later ones.
    ``busy_lockout``: while COR is on, keys below priority 192 are denied (half duplex).
    Nothing can be keyed before ``configure``. ValueError for values out of bounds.
    """

    def __new__(
        cls,
        *,
        codec: str,
        frame_ms: int = 20,
        ready_ms: int = 0,
        tail_ms: int = 0,
        playout_ms: int = 60,
        busy_lockout: bool = True,
    ) -> RadioFence: ...
    def configure(
        self,
        now_us: int,
        *,
        transmit: bool,
        watchdog_ms: int = 300,
        late_ms: int = 250,
        limit_ms: int = 60_000,
        penalty_ms: int = 3_000,
    ) -> list[RadioAction]:
        """What cfg says of the channel; ``transmit`` False (en is not "rxtx") unkeys, and denies "auth"."""
    def hub_state(self, payload: bytes, now_us: int) -> list[RadioAction]:
        """{root}/1/hub/state, retained or not."""
    def heartbeat(self, payload: bytes, now_us: int, *, retained: bool = False) -> list[RadioAction]:
        """dn/hb. The same message goes to every channel's fence, and to ``RadioUplink.probe``."""
    def floor(self, payload: bytes, now_us: int, *, retained: bool = False) -> list[RadioAction]:
        """dn/ch/C/floor: key, rel, abort."""
    def tx(self, payload: bytes, now_us: int, *, retained: bool = False) -> list[RadioAction]:
        """dn/ch/C/tx."""
    def cor(self, on: bool, now_us: int) -> list[RadioAction]:
        """The radio's carrier detection changed."""
    def broker(self, up: bool, now_us: int) -> list[RadioAction]:
        """The connection to the broker came (after subscribing) or went; went: unkeyed at once."""
    def fault(self, now_us: int) -> list[RadioAction]:
        """The transmitter failed: unkey, revoke "hw"."""
    def shutdown(self, now_us: int) -> list[RadioAction]:
        """The bridge ends: unkey, revoke "shutdown"; nothing can be keyed after it."""
    def tick(self, now_us: int) -> list[RadioAction]:
        """What time has brought: frames due, watchdog, time-out, heartbeat lost."""
    def deadline(self) -> int | None:
        """When to call ``tick``, in us; None: only after another input."""
    def keyed(self) -> int | None:
        """The token on air (for st: ptt is 1 while it is not None)."""
    def synced(self) -> bool:
        """Whether the hub's clock is known; without it no key is granted."""
    def counters(self) -> dict[str, int]:
        """``played``, ``late``, ``bad``, ``foreign``, ``repeated``, ``ahead``, ``held_dropped``, ``gaps``,
        ``retained``, ``keys``, ``denied``, ``unkeyed_watchdog``, ``unkeyed_limit``, ``unkeyed_link``.
        """

@final
class RadioUplink:
    """Heartbeats of one bridge session: the clock echo and the counters.

    ``sid``: eight characters of 0-9 A-Z a-z. One for a bridge process, kept over reconnections.
    """

    def __new__(cls, *, sid: str) -> RadioUplink: ...
    def probe(self, payload: bytes, now_us: int) -> bool:
        """The hub's dn/hb came; its time is echoed by the next heartbeat. False: not one."""
    def heartbeat(
        self, now_us: int, wall_ms: int, *, queued: int = 0, dropped: int = 0, late: int = 0, bad: int = 0
    ) -> bytes:
        """The next up/hb, once a second and at once after subscribing. ``queued``: frames waiting to be sent;
        the others count from the start: frames dropped at the source, frames late, messages bad.
        """

@final
class RadioStream:
    """What one opening of the squelch sends on up/ch/C/rx, QoS 0.

    ``stream``: random, 1 to 2**32 - 1. ``frames_per_message``: 1 to 6, at most 120 ms (cfg ``ag``).
    """

    def __new__(
        cls,
        *,
        stream: int,
        codec: str,
        frame_ms: int = 20,
        frames_per_message: int = 1,
        emergency: bool = False,
        encrypted: bool = False,
    ) -> RadioStream: ...
    def push(self, frame: bytes, captured_us: int, rssi: int | None = None) -> bytes | None:
        """One frame of ``frame_ms``; the message to publish when it is full. ValueError: a frame too long."""
    def skip(self, frames: int) -> None:
        """Frames were lost or dropped at the source: media time goes on, the next message says so."""
    def end(self) -> list[bytes]:
        """What is left, then the end; publish the last of them again after 20 ms and after 60 ms."""

def radio_decode(kind: str, payload: bytes) -> dict[str, Any]:
    """A timed message as its keys of the wire; ``audio`` gives s q ts fl frames, and c r where there.

    ``kind``: "audio" (rx and tx), "hb_up", "hb_dn", "floor_up", "floor_dn", "hub". ValueError: one word says
    what is wrong ("too_long", "not_msgpack", "shape", "version", "invalid").
    """

def radio_encode(kind: str, message: dict[str, Any]) -> bytes:
    """The reverse of ``radio_decode``; absent optional keys are left out. ValueError names the field."""

# -- Speech codecs of programs that carry frames themselves ----------------------------------

@final
class FrameEncoder:
    """20 ms of mono PCM to one frame. ``codec``: "opus" (48 kHz) or "PCMU" (8 kHz); else ValueError."""

    def __new__(cls, codec: str) -> FrameEncoder: ...
    @property
    def rate_hz(self) -> int:
        """Of the PCM."""
    def encode(self, pcm: bytes) -> bytes:
        """``pcm``: 16-bit little-endian samples, exactly 20 ms; another length is a ValueError."""
    def reset(self) -> None:
        """Forget the sound before: the next frame begins a talkspurt."""

@final
class FrameDecoder:
    """One frame to mono PCM. ``codec`` as for FrameEncoder."""

    def __new__(cls, codec: str) -> FrameDecoder: ...
    @property
    def rate_hz(self) -> int:
        """Of the PCM."""
    def decode(self, frame: bytes) -> bytes:
        """16-bit little-endian samples. ValueError for bytes that are no frame."""
    def reset(self) -> None:
        """Forget the sound before."""
