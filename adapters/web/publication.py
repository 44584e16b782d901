"""One WHIP or WHEP session: a leg made by an HTTP POST, ended by DELETE or by the loss of its media."""

import asyncio
import itertools
import secrets
import time
from collections.abc import Callable

from adapters._kit.counters import Counters
from adapters.web.ice_session import IceSession
from gateway.model.effects import Answer
from gateway.model.events import Event, MemberMoved, RoomModeChanged
from gateway.model.grants import Grants
from gateway.model.ids import CommandId, LegId, RoomId
from gateway.model.inputs import ShowPicture
from gateway.model.video import VideoKind
from gateway.ports.hub import Hub
from gateway.ports.media import Channel


class Publication:
    """Implements gateway.ports.hub.LegSink; its address is a secret that only its maker was told."""

    leg: LegId
    """Set right after Hub.attach."""

    def __init__(self, room: RoomId, grants: Grants, offer: str) -> None:
        self.id = secrets.token_urlsafe(18)
        """Last part of the session's address (RFC 9725 section 5: not to be guessed)."""
        self.room = room
        """As its address says."""
        self._place = room
        self.grants = grants
        self.ice = IceSession(offer)
        """Of its transport; a PATCH may restart it."""
        self._ids = itertools.count(1)
        self.speaks = False
        """Whether it brings sound."""
        self.shows = False
        """Whether it brings a picture."""
        self.seen: Callable[[], None] = _nothing
        """Told whenever its picture could be seen by the room; set by the owner."""
        self.over: Callable[[str], None] = _nobody
        """Told once when the leg has ended or must end; set by the owner."""

    @property
    def place(self) -> RoomId:
        """The room that it is in: a dispatcher may take it elsewhere."""
        return self._place

    def next_id(self) -> CommandId:
        """Of its next command to the core."""
        return CommandId(next(self._ids))

    def event(self, event: Event) -> None:
        """LegSink: nobody reads what happens; a new mode or another room may let it be seen again."""
        if isinstance(event, MemberMoved):
            self._place = event.to
        if self.shows and isinstance(event, RoomModeChanged | MemberMoved):
            self.seen()

    def data(self, channel: Channel, data: bytes) -> None:
        """LegSink: these offers have no data channel that anything is expected on."""

    def digit(self, digit: str) -> None:
        """LegSink: a page has no telephone keys."""

    def media(self, *, up: bool, why: str) -> None:
        """LegSink: without media there is no session (RFC 9725 section 4.2: consent, DTLS teardown)."""
        if not up:
            self.over(why)
        elif self.shows:
            self.seen()

    def ended(self, why: str) -> None:
        """LegSink: the hub ended the leg."""
        self.over(why)


class Publications:
    """The table of WHIP and WHEP sessions."""

    def __init__(self, hub: Hub, publications_max: int, counters: Counters) -> None:
        self._hub = hub
        self._max = publications_max
        self._table: dict[str, Publication] = {}
        self._expiries: dict[str, asyncio.TimerHandle] = {}
        self._showing: set[asyncio.Future[Answer]] = set()
        counters.gauge("publications", lambda: len(self._table))

    @property
    def full(self) -> bool:
        """One more must be refused."""
        return len(self._table) >= self._max

    def open(self, publication: Publication) -> None:
        """Attach its leg. Raises TooManyLegs."""
        publication.leg = self._hub.attach(publication)
        publication.over = lambda why: self.end(publication, why)
        publication.seen = lambda: self._show(publication)
        self._table[publication.id] = publication
        self._expiries[publication.id] = asyncio.get_running_loop().call_later(
            publication.grants.expires_at - time.time(), self.end, publication, "expired"
        )

    def find(self, number: str) -> Publication | None:
        """By the last part of its address."""
        return self._table.get(number)

    def of(self, leg: LegId, subject: str, room: RoomId) -> Publication | None:
        """The session of this leg, if it is in the room now and was made with a token of this subject."""
        return next(
            (
                one
                for one in self._table.values()
                if one.leg == leg and one.grants.subject == subject and one.place == room
            ),
            None,
        )

    def end(self, publication: Publication, why: str) -> None:
        """Its leg leaves the room and its transport is closed; ending it twice is fine."""
        if self._table.pop(publication.id, None) is None:
            return
        self._expiries.pop(publication.id).cancel()
        self._hub.detach(publication.leg, why)

    def _show(self, publication: Publication) -> None:
        showing = asyncio.ensure_future(
            self._hub.command(
                ShowPicture(
                    publication.next_id(), publication.leg, publication.place, VideoKind.CAMERA, time.time()
                )
            )
        )
        # A refusal stands until the room's mode changes.
        self._showing.add(showing)
        showing.add_done_callback(self._showing.discard)

    def end_all(self) -> None:
        """The gateway stops."""
        for publication in list(self._table.values()):
            self.end(publication, "shutdown")


def _nothing() -> None:
    """Before the owner listens."""


def _nobody(_why: str) -> None:
    """Before the owner listens."""
