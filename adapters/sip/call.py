"""One phone in one room: a SIP leg and a leg of the hub that live and end together."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from adapters.sip.liveness import Liveness
from adapters.sip.media_terms import MediaTerms, NotAgreed
from adapters.sip.push_to_talk import PttStyle, PushToTalk, Spawn
from adapters.sip.transport import Transport
from gateway.model.events import Event, MemberMoved
from gateway.model.ids import LegId, RoomId
from gateway.ports.hub import Hub
from gateway.ports.media import Channel

if TYPE_CHECKING:
    from adapters.sip.native import SipEdge


class Call:
    """Implements gateway.ports.hub.LegSink for a phone that is in a room, or about to be."""

    leg: LegId
    """Set right after Hub.attach."""

    def __init__(
        self,
        number: int,
        room: RoomId,
        media: MediaTerms,
        ptt: PttStyle,
        hub: Hub,
        transport: Transport,
        spawn: Spawn,
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
        self._ptt = PushToTalk(self, ptt, hub, spawn)

    # -- what the hub says -------------------------------------------------------------------

    def event(self, event: Event) -> None:
        """LegSink: what a phone is told of the floor, it is told by tones."""
        if isinstance(event, MemberMoved):
            self.room = event.to
        else:
            self._ptt.told(event)

    def data(self, channel: Channel, data: bytes) -> None:
        """LegSink: a phone has no data channels."""

    def digit(self, digit: str) -> None:
        """LegSink: a key by RTP."""
        self.heard()
        self._ptt.key(digit, info=False)

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

    def info_key(self, key: str) -> None:
        """A key by SIP INFO, of a phone or a PBX that has no keys in RTP."""
        self._ptt.key(key, info=True)

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
            self._ptt.give_back()

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
