"""The media plane over the Rust extension; the only importer of ``gateway._native``.

Legs and rooms have names here and numbers there. A leg's transport is a *session* there: each accepted
offer is a new one, so news of a replaced transport is told from news of its successor by its number.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import structlog

from gateway.backlog import Backlog
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
    SlotTurned,
    Tone,
    check_digits,
)

if TYPE_CHECKING:
    from gateway import _native

_log = structlog.get_logger("media")
_T = TypeVar("_T")

DRAINS_A_WAKE = 4
"""Batches (4096 events each) taken before the event loop's other tasks get a turn."""
ANSWER_TIMEOUT_S = 5.0
"""A media thread answers an offer within milliseconds; one that does not is stuck."""


_WHOEVER = 0
"""In the place of a session that is watched; sessions are counted from 1."""


@dataclass(frozen=True, slots=True)
class TcpDoor:
    """Where peers connect over TCP that UDP does not reach (ICE-TCP, RFC 6544)."""

    port: int
    """0: any free one."""
    connections_max: int
    """In all; one more is closed unread."""
    connections_per_address: int
    """Of one address; one more is closed unread."""


def start_plane(  # noqa: PLR0913 - keywords, one a setting
    *,
    shards: int,
    listen: tuple[str, ...],
    announce: tuple[str, ...],
    port: int,
    sessions_max: int,
    data_message_bytes_max: int,
    forwarding: bool,
    rtp_ports: tuple[int, int] = (0, 0),
    tcp: TcpDoor | None = None,
) -> "NativeMediaPlane":
    """Start the media threads; call it on the event loop.

    Raises OSError for sockets, ValueError for values that do not fit, ImportError without the extension.
    """
    # Imported here, so that whoever runs on a fake needs no binary.
    from gateway import _native  # noqa: PLC0415

    return NativeMediaPlane(
        _native.Plane(
            shards=shards,
            listen=list(listen),
            announce=list(announce),
            port=port,
            sessions_max=sessions_max,
            data_message_bytes_max=data_message_bytes_max,
            forwarding=forwarding,
            rtp_port_first=rtp_ports[0],
            rtp_port_last=rtp_ports[1],
            tcp_port=tcp.port if tcp else None,
            tcp_connections_max=tcp.connections_max if tcp else 0,
            tcp_connections_per_address=tcp.connections_per_address if tcp else 0,
        )
    )


class NativeMediaPlane:
    """Implements ``gateway.ports.media.MediaPlane``. Made and used on the event loop's thread."""

    def __init__(self, plane: "_native.Plane") -> None:
        self._plane = plane
        self._sink: Callable[[MediaEvent], None] = lambda _event: None
        self._sessions: dict[LegId, int] = {}
        self._legs: dict[int, LegId] = {}
        self._up: set[int] = set()
        self._room_numbers: dict[RoomId, int] = {}
        self._rooms: list[RoomId] = []
        self._session_count = 0
        self._answers: dict[int, asyncio.Future[str]] = {}
        """By request number, which is the number of the session that the offer is for."""
        self._restarts: dict[int, asyncio.Future[str]] = {}
        """The same for ICE restarts, whose request numbers are of no session."""
        self._ports: dict[int, asyncio.Future[int]] = {}
        """The same for phones."""
        self._heard: set[int] = set()
        self._counters = {"orders_lost_total": 0, "data_dropped_total": 0}
        self._backlog = Backlog(self._count_lost)
        self._order = self._backlog.give
        self._loop = asyncio.get_running_loop()
        self._event_fd = self._plane.event_fd()
        self._loop.add_reader(self._event_fd, self._drain)

    # -- the port ----------------------------------------------------------------------------

    async def accept(self, leg: LegId, offer: str, profile: LegProfile) -> str:
        session = self._new_session()
        try:
            self._plane.accept(
                session,
                session,
                offer,
                profile.audio_slots,
                profile.publishes,
                profile.video_slots,
                profile.cameras,
            )
        except BlockingIOError as busy:
            raise PlaneBusy(str(busy)) from busy
        return await self._settled(leg, session, self._answers)

    async def restart(self, leg: LegId, offer: str) -> str:
        session = self._sessions.get(leg)
        if session is None:
            raise OfferRefused("the leg has no transport")
        request = self._new_session()  # a number of its own: no session will have it
        answer: asyncio.Future[str] = self._loop.create_future()
        self._restarts[request] = answer
        try:
            self._plane.restart(request, session, offer)
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                return await answer
        except BlockingIOError as busy:
            raise PlaneBusy(str(busy)) from busy
        except TimeoutError as late:
            # The session has ended meanwhile, or its thread is stuck.
            raise OfferRefused("the transport did not answer in time") from late
        finally:
            del self._restarts[request]

    async def open_phone(self, leg: LegId, address: str) -> int:
        session = self._new_session()
        try:
            self._plane.open_phone(session, session, address)
        except BlockingIOError as busy:
            raise PlaneBusy(str(busy)) from busy
        except ValueError as wrong:
            raise PhoneRefused(str(wrong)) from wrong
        return await self._settled(leg, session, self._ports)

    def set_phone(self, leg: LegId, media: PhoneMedia) -> None:
        session = self._sessions.get(leg)
        if session is None:
            return
        dtmf = -1 if media.dtmf_payload_type is None else media.dtmf_payload_type
        self._order(
            lambda: self._plane.set_phone(
                session,
                media.remote_ip,
                media.remote_port,
                media.codec.value,
                media.payload_type,
                dtmf,
                media.hears,
                media.speaks,
            )
        )

    def tone(self, leg: LegId, tone: Tone) -> None:
        session = self._sessions.get(leg)
        if session is not None:
            self._order(lambda: self._plane.tone(session, tone.value))

    def digits(self, leg: LegId, text: str) -> None:
        check_digits(text)
        session = self._sessions.get(leg)
        if session is not None:
            self._order(lambda: self._plane.digits(session, text))

    def heard_rtp(self, leg: LegId) -> bool:
        session = self._sessions.get(leg)
        heard = session in self._heard
        if session is not None:
            self._heard.discard(session)
        return heard

    def close(self, leg: LegId) -> None:
        for pending, answer in self._answers.items():
            if self._legs.get(pending) == leg and not answer.done():
                answer.set_exception(OfferRefused("the leg has ended"))
        for pending, opened in self._ports.items():
            if self._legs.get(pending) == leg and not opened.done():
                opened.set_exception(PhoneRefused("the leg has ended"))
        session = self._sessions.get(leg)
        if session is not None:
            self._end(session, "closed")

    def join(self, room: RoomId, leg: LegId, *, hear: bool) -> None:
        session = self._sessions.get(leg)
        if session is not None:
            number = self._number(room)
            self._order(lambda: self._plane.join(number, session, hear))

    def leave(self, room: RoomId, leg: LegId) -> None:
        session = self._sessions.get(leg)
        if session is not None:
            number = self._number(room)
            self._order(lambda: self._plane.leave(number, session))

    def open_gate(self, room: RoomId, leg: LegId, talkspurt: TalkspurtId, limit_ms: int) -> None:
        session = self._sessions.get(leg)
        if session is not None:
            number = self._number(room)
            self._order(lambda: self._plane.open_gate(number, session, talkspurt, limit_ms))

    def shut_gate(self, room: RoomId, leg: LegId) -> None:
        session = self._sessions.get(leg)
        if session is not None:
            number = self._number(room)
            self._order(lambda: self._plane.shut_gate(number, session))

    def show(self, room: RoomId, leg: LegId, kind: VideoKind, *, on: bool) -> None:
        session = self._sessions.get(leg)
        if session is not None:
            number = self._number(room)
            self._order(lambda: self._plane.show(number, session, kind.value, on))

    def watch(self, leg: LegId, slot: int, picture: tuple[LegId, VideoKind] | None, height: int) -> None:
        session = self._sessions.get(leg)
        source = _WHOEVER if picture is None else self._sessions.get(picture[0])
        if session is None or source is None:
            return
        kind = VideoKind.CAMERA if picture is None else picture[1]
        self._order(lambda: self._plane.watch(session, slot, source, kind.value, height))

    def send(self, leg: LegId, channel: Channel, data: bytes) -> None:
        session = self._sessions.get(leg)
        if session is None:
            return
        try:
            self._plane.send(session, channel.value, data)
        except (BlockingIOError, ValueError):
            self._counters["data_dropped_total"] += 1

    def on_event(self, sink: Callable[[MediaEvent], None]) -> None:
        self._sink = sink

    def counters(self) -> Mapping[str, int]:
        counters = Counter(self._plane.counters())
        counters.update(self._counters)  # adds: data is dropped on both sides
        delayed = self._backlog.delayed_total
        return {**counters, "orders_delayed_total": delayed, "orders_waiting": len(self._backlog)}

    async def stop(self) -> None:
        for session in tuple(self._legs):
            self._end(session, "closed")
        self._loop.remove_reader(self._event_fd)
        self._backlog.close()
        await asyncio.to_thread(self._plane.stop)

    def ports(self) -> list[int]:
        """The bound UDP port of each shard."""
        return self._plane.ports()

    def tcp_port(self) -> int | None:
        """The bound TCP port of all shards; None without ICE-TCP."""
        return self._plane.tcp_port()

    # -- new sessions ------------------------------------------------------------------------

    def _new_session(self) -> int:
        self._session_count += 1
        return self._session_count

    async def _settled(self, leg: LegId, session: int, waiting: dict[int, asyncio.Future[_T]]) -> _T:
        """Wait for the plane's word on a new session, which then replaces the one that the leg had."""
        waiting[session] = self._loop.create_future()
        self._legs[session] = leg
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                word = await waiting[session]
        except TimeoutError as late:
            self._end(session, "timeout")
            raise PlaneBusy("the media plane did not answer in time") from late
        except BaseException:
            self._end(session, "closed")
            raise
        finally:
            del waiting[session]
        # Until here orders went to the transport that this one replaces: it was the one that is heard.
        replaced = self._sessions.get(leg)
        self._sessions[leg] = session
        if replaced is not None:
            self._end(replaced, "replaced")
        return word

    # -- orders ------------------------------------------------------------------------------

    def _number(self, room: RoomId) -> int:
        number = self._room_numbers.get(room)
        if number is None:
            number = self._room_numbers[room] = len(self._rooms)
            self._rooms.append(room)
        return number

    def _count_lost(self) -> None:
        self._counters["orders_lost_total"] += 1

    # -- events ------------------------------------------------------------------------------

    def _drain(self) -> None:
        for _ in range(DRAINS_A_WAKE):
            events = self._plane.drain()
            if not events:
                return
            for event in events:
                self._take(event)
        # More may wait although the bell was taken: come back after the others had their turn.
        self._loop.call_soon(self._drain)

    def _take(self, event: "_native.Event") -> None:
        match event:
            case ("answered" | "opened" | "refused" | "not_restarted", _, _, _):
                self._take_answer(event)
            case ("limit", room, session, talkspurt):
                self._tell(session, lambda leg: TalkLimitHit(leg, self._rooms[room], TalkspurtId(talkspurt)))
            case ("talking", room, session, on):
                self._tell(session, lambda leg: Talking(leg, self._rooms[room], on))
            case ("slot", *_) | ("picture", *_):
                self._take_turn(event)
            case ("digit", session, digit):
                self._tell(session, lambda leg: Digit(leg, digit))
            case ("heard", session) if session in self._legs:
                self._heard.add(session)
            case ("data", session, channel, data):
                self._tell(session, lambda leg: DataReceived(leg, Channel(channel), data))
            case ("up", session) if session in self._legs:
                self._up.add(session)
                self._tell(session, MediaUp)
            case ("down", session, why):
                self._refuse(session, why)
                self._down(session, why)

    def _take_turn(self, event: "_native.Event") -> None:
        match event:
            case ("slot", session, slot, source, number):
                by = self._legs.get(source)
                self._tell(session, lambda leg: SlotTurned(leg, slot, number, by))
            case ("picture", session, slot, source, kind, number, timestamp, layer, paused):
                by = self._legs.get(source)
                shown = VideoKind(kind) if kind else None
                self._tell(
                    session,
                    lambda leg: PictureTurned(leg, slot, number, by, shown, timestamp, layer, paused),
                )

    def _take_answer(self, event: "_native.Event") -> None:
        match event:
            case ("answered", request, _, sdp):
                waiting = self._answers.get(request, self._restarts.get(request))
                _settle(waiting, lambda answer: answer.set_result(sdp))
            case ("not_restarted", request, _, reason):
                _settle(
                    self._restarts.get(request), lambda answer: answer.set_exception(OfferRefused(reason))
                )
            case ("opened", request, _, port):
                _settle(self._ports.get(request), lambda opened: opened.set_result(port))
            case ("refused", request, _, reason):
                self._refuse(request, reason)

    def _tell(self, session: int, event: Callable[[LegId], MediaEvent]) -> None:
        """Pass news on, unless the session was ended from this side."""
        leg = self._legs.get(session)
        if leg is not None:
            self._sink(event(leg))

    def _refuse(self, request: int, reason: str) -> None:
        _settle(self._answers.get(request), lambda answer: answer.set_exception(OfferRefused(reason)))
        _settle(self._ports.get(request), lambda opened: opened.set_exception(PhoneRefused(reason)))

    def _end(self, session: int, why: str) -> None:
        """End a session from this side: what the plane still says of it is late news."""
        self._order(lambda: self._plane.close(session))
        self._down(session, why)

    def _down(self, session: int, why: str) -> None:
        leg = self._legs.get(session)
        if leg is None:
            return
        was_up = session in self._up
        self._forget(session)
        if was_up:
            self._sink(MediaDown(leg, why))

    def _forget(self, session: int) -> None:
        leg = self._legs.pop(session, None)
        self._up.discard(session)
        self._heard.discard(session)
        if leg is not None and self._sessions.get(leg) == session:
            del self._sessions[leg]


def _settle(waiting: asyncio.Future[_T] | None, settle: Callable[[asyncio.Future[_T]], None]) -> None:
    if waiting is not None and not waiting.done():
        settle(waiting)
