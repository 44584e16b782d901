"""One signed-in page: its leg, its numbered deltas, and the socket that it has now, if any.

The session outlives its socket: deltas go on being numbered and kept while it is on hold, and a
socket that comes back in time gets those it missed (DESIGN 3.12).
"""

import hmac
from collections import deque
from collections.abc import Callable
from typing import Protocol

from adapters._kit.counters import Counters
from adapters.web import translate
from gateway.model.events import Event, MemberMoved, ParticipantLeft
from gateway.model.grants import Grants
from gateway.model.ids import LegId, RoomId
from gateway.model.participant import LegKind, Participant
from gateway.ports.media import Channel
from gateway.wire import client, server
from gateway.wire.closing import RESUMABLE

RING_DELTAS = 1024
"""Deltas kept for a resume: some 20 s of a lively room. Beyond it the page starts anew."""


class Outlet(Protocol):
    """What a session asks of a socket. Implemented by adapters.web.socket.Socket."""

    def send(self, message: server.ServerMessage) -> None:
        """Queue a message; a full queue closes the socket (slow)."""

    def finish(self, bye: server.Bye) -> None:
        """Say goodbye and close; later calls are ignored."""


class Session:
    """Implements gateway.ports.hub.LegSink. Made and ended by adapters.web.sessions.Sessions."""

    leg: LegId
    """Set right after Hub.attach."""

    def __init__(
        self,
        *,
        name: str,
        key: str,
        hello: client.Hello,
        grants: Grants,
        counters: Counters,
    ) -> None:
        self.name = name
        """Stands in ``welcome.session``; random, but not a secret."""
        self.key = key
        """Opens this session again; the page's secret."""
        self.grants = grants
        self.rooms: set[RoomId] = set()
        """Joined, as last heard from the core."""
        self._lent: dict[RoomId, Grants] = {}
        """Of rooms that a dispatcher took it to, while it is in them."""
        self.media_up = False
        self.on_data: Callable[[Channel, bytes], None] = _ignore_data
        """Takes messages of the data channels; set by the owner."""
        self.on_ended: Callable[[str], None] = _ignore_end
        """Told when the hub ended the leg; set by the owner."""
        self._hello = hello
        self._counters = counters
        self._seq = 0
        self._ring: deque[server.Delta] = deque(maxlen=RING_DELTAS)
        self._outlet: Outlet | None = None

    @property
    def seq(self) -> int:
        """Number of the newest delta."""
        return self._seq

    @property
    def participant(self) -> Participant:
        """How the page introduced its person."""
        return Participant(self.leg, self._hello.name, self._hello.unit, LegKind.BROWSER)

    def grants_in(self, room: RoomId) -> Grants:
        """What it may do in this room."""
        return self._lent.get(room, self.grants)

    # -- LegSink -------------------------------------------------------------------------

    def event(self, event: Event) -> None:
        """LegSink: becomes the next delta."""
        if isinstance(event, ParticipantLeft) and event.leg == self.leg:
            self.rooms.discard(event.room)
            self._lent.pop(event.room, None)
        elif isinstance(event, MemberMoved):
            self.rooms.add(event.to)
            self._lent[event.to] = event.grants
        self._push(translate.change(event))

    def data(self, channel: Channel, data: bytes) -> None:
        """LegSink: a floor message on a data channel."""
        self.on_data(channel, data)

    def digit(self, digit: str) -> None:
        """LegSink: a page has no telephone keys."""

    def media(self, *, up: bool, why: str) -> None:
        """LegSink: the page's own transport."""
        self.media_up = up
        self._push(server.OwnMedia(up=up, why=why))

    def ended(self, why: str) -> None:
        """LegSink: the hub closed the leg."""
        self.on_ended(why)

    # -- its socket ----------------------------------------------------------------------

    def opens_with(self, key: str) -> bool:
        """The key is right."""
        return hmac.compare_digest(self.key.encode(), key.encode())

    def covers(self, seq: int) -> bool:
        """Every delta after ``seq`` is still kept."""
        return self._seq - len(self._ring) <= seq <= self._seq

    def attach(self, outlet: Outlet, welcome: server.Welcome) -> None:
        """Talk through this socket from now on: the welcome, then all deltas after its number."""
        if self._outlet is not None:
            self._outlet.finish(server.Bye(code=server.ByeCode.REPLACED, detail="resumed on another socket"))
        self._outlet = outlet
        outlet.send(welcome)
        for delta in list(self._ring):
            if delta.seq > welcome.seq:
                outlet.send(delta)

    def lost(self, outlet: Outlet) -> bool:
        """This socket is gone. False when another one has taken its place already."""
        if self._outlet is not outlet:
            return False
        self._outlet = None
        return True

    def reply(self, answer: server.Answer) -> None:
        """Send an answer; without a socket it is dropped: the page repeats what was not answered."""
        if self._outlet is not None:
            self._outlet.send(answer)

    def finish(self, code: server.ByeCode, detail: str) -> None:
        """Say goodbye on the socket, if there is one."""
        outlet = self._outlet
        if outlet is None:
            return
        if code not in RESUMABLE:
            self._outlet = None
        outlet.finish(server.Bye(code=code, detail=detail))

    def _push(self, change: server.Change) -> None:
        self._seq += 1
        delta = server.Delta(seq=self._seq, change=change)
        self._ring.append(delta)
        self._counters.add("deltas_total")
        if self._outlet is not None:
            self._outlet.send(delta)


def _ignore_data(_channel: Channel, _data: bytes) -> None:
    """Before the owner listens."""


def _ignore_end(_why: str) -> None:
    """Before the owner listens."""
