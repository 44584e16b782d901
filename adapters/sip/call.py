"""One phone in one room: a SIP leg and a leg of the hub that live and end together."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING

from adapters.sip.liveness import Liveness
from adapters.sip.media_terms import MediaTerms, NotAgreed
from adapters.sip.transport import Transport
from gateway.model.events import Event, FloorEnd, FloorIdle, MemberMoved
from gateway.model.ids import CommandId, LegId, RoomId
from gateway.model.inputs import FloorRelease, FloorRequest
from gateway.model.refusal import RefusalCode
from gateway.ports.hub import Hub
from gateway.ports.media import Channel, Tone

if TYPE_CHECKING:
    from adapters.sip.native import SipEdge

TAKE_FLOOR, RELEASE_FLOOR = "*", "#"

Spawn = Callable[[Coroutine[None, None, None], str], None]
"""Run a coroutine as a named task owned by the adapter."""


class Call:
    """Implements gateway.ports.hub.LegSink for a phone that is in a room, or about to be."""

    leg: LegId
    """Set right after Hub.attach."""

    def __init__(
        self, number: int, room: RoomId, media: MediaTerms, hub: Hub, transport: Transport, spawn: Spawn
    ) -> None:
        self.number = number
        """The leg's number at the SIP thread."""
        self.room = room
        self.media_terms = media
        self.over = False
        """The SIP leg or the hub's leg has ended: nothing more is to be said to either."""
        self.established = False
        """It was answered, by whichever side."""
        self.liveness = Liveness(asyncio.get_running_loop().time())
        self._hub = hub
        self._transport = transport
        self._spawn = spawn
        self._commands = 1
        """The first command was the join."""

    # -- what the hub says -------------------------------------------------------------------

    def event(self, event: Event) -> None:
        """LegSink: what a phone is told of the floor, it is told by tones."""
        match event:
            case FloorIdle(_, leg, _, FloorEnd.TIMED_OUT) if leg == self.leg:
                self._hub.media.tone(self.leg, Tone.REVOKED)
            case FloorIdle(_, leg) if leg != self.leg:
                self._hub.media.tone(self.leg, Tone.END_OF_TALK)
            case MemberMoved(_, _, to):
                self.room = to
            case _:
                pass

    def data(self, channel: Channel, data: bytes) -> None:
        """LegSink: a phone has no data channels."""

    def digit(self, digit: str) -> None:
        """LegSink, and SIP INFO: ``*`` asks for the floor, ``#`` gives it back."""
        self.heard()
        if digit == TAKE_FLOOR:
            self._spawn(self._take_floor(), f"sip floor {self.number}")
        elif digit == RELEASE_FLOOR:
            self._spawn(self._release_floor(), f"sip floor {self.number}")

    def media(self, *, up: bool, why: str) -> None:
        """LegSink: a phone whose media the core gave up is hung up, unless that was our doing."""
        if not up and why != "closed":
            self.end(why)

    def ended(self, why: str) -> None:  # noqa: ARG002 - a phone is not told
        """LegSink: the hub ended the leg."""
        self.hang_up()

    # -- what the phone does -----------------------------------------------------------------

    def heard(self) -> None:
        """It lives."""
        self.liveness.heard(asyncio.get_running_loop().time())

    def offered(self, request: int, sdp: bytes | None) -> None:
        """The phone changes the session: hold, a moved address, another codec (RFC 3264 section 8)."""
        self.heard()
        try:
            answer = self.media_terms.offer() if sdp is None else self.media_terms.answer(sdp)
        except NotAgreed:
            self.order(lambda edge: edge.refuse_offer(self.number, request, 488))
            return
        self.apply()
        self.order(lambda edge: edge.accept_offer(self.number, request, answer))

    def answered(self, sdp: bytes | None) -> None:
        """The phone answered an offer of ours."""
        self.heard()
        if sdp is None:
            return
        try:
            self.media_terms.agreed(sdp)
        except NotAgreed:
            self.end("not_agreed")
            return
        self.apply()

    def apply(self) -> None:
        """Tell the media core what is agreed; a phone on hold cannot keep the floor."""
        media = self.media_terms.media
        if media is None:
            return
        self._hub.media.set_phone(self.leg, media)
        if not media.speaks:
            self._spawn(self._release_floor(), f"sip hold {self.number}")

    # -- ends --------------------------------------------------------------------------------

    def end(self, why: str) -> None:
        """Ends both sides, from this side."""
        if not self.over:
            self.hang_up()
            self._hub.detach(self.leg, why)

    def hang_up(self) -> None:
        """BYE; the hub's leg is somebody else's business."""
        if not self.over:
            self.over = True
            self.order(lambda edge: edge.hangup(self.number))

    def gone(self, why: str) -> None:
        """The SIP leg is over; nothing is left to be said to the phone."""
        if not self.over:
            self.over = True
            self._hub.detach(self.leg, why)

    def order(self, order: Callable[["SipEdge"], None]) -> None:
        """Give an order to the SIP thread."""
        self._transport.order(lambda: order(self._transport.edge))

    # -- the floor ---------------------------------------------------------------------------

    def _next_id(self) -> CommandId:
        self._commands += 1
        return CommandId(self._commands)

    async def _take_floor(self) -> None:
        request = FloorRequest(id=self._next_id(), leg=self.leg, room=self.room, at=time.time())
        answer = await self._hub.command(request)
        if answer.refusal is None:
            self._hub.media.tone(self.leg, Tone.GRANTED)
        elif answer.refusal.code is not RefusalCode.NO_FLOOR:  # an open room: just talk
            self._hub.media.tone(self.leg, Tone.DENIED)

    async def _release_floor(self) -> None:
        await self._hub.command(FloorRelease(id=self._next_id(), leg=self.leg, room=self.room))
