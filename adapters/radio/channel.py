"""One radio channel in its room: a leg whose voice is a receiver and whose ear is a transmitter."""

import asyncio
import time
from collections import OrderedDict

import structlog

from adapters._kit.counters import Counters
from adapters.radio import keying as keys
from adapters.radio import vox as voxes
from adapters.radio.bridge import ChannelPlan
from adapters.radio.config import RadioChannel
from adapters.radio.edge import Edge
from adapters.radio.listening import Listening
from adapters.radio.over import Over
from adapters.radio.translate import PAYLOAD_TYPES
from gateway.model.events import Event, MemberMoved
from gateway.model.grants import Grants, Verb
from gateway.model.ids import CommandId, LegId, RoomId
from gateway.model.inputs import AirMoved, CarrierMoved, JoinRoom, RadioTalker
from gateway.model.participant import LegKind, Participant
from gateway.model.radio import Air, AirWhy, CarrierTerms
from gateway.ports.hub import Hub
from gateway.ports.media import Channel as DataChannel
from gateway.ports.media import PhoneMedia

log = structlog.get_logger("radio")

LOOPBACK = "127.0.0.1"
"""The media core and the radio thread are one process: their RTP never leaves it."""
_TEN_YEARS_S = 315_360_000.0
_NAMES_MAX = 8
"""Streams whose talker is remembered; a name may come before its stream and after it."""


class NoRoom(Exception):
    """A channel cannot enter its room; the text says which and why."""


class RoomChannel:
    """Implements gateway.ports.hub.LegSink. Lives as long as the adapter runs, bridge or no bridge."""

    leg: LegId
    """Set by ``enter``."""

    def __init__(self, number: int, config: RadioChannel, hub: Hub, edge: Edge, counters: Counters) -> None:
        self.number = number
        """Its number at the native edge."""
        self.config = config
        self.room = RoomId(config.room)
        self._hub = hub
        self._edge = edge
        self._counters = counters
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._plan: ChannelPlan | None = None
        self._media_port = 0
        self._listening = Listening(config)
        self._vox = voxes.Vox()
        self._over = Over(number, config, edge)
        self._stream: int | None = None
        """Of frames that the radio receives now."""
        self._squelch_open = False
        """As the status says; it may be open without frames: busy, and nothing that may be heard."""
        self._carrier = False
        """What the hub was told last."""
        self._names: OrderedDict[int, str] = OrderedDict()
        self.round_trip_s = 0.0
        self.unopened = False
        """Its bridge is there, and its sockets could not be made: to be tried again."""

    # -- life --------------------------------------------------------------------------------

    async def enter(self) -> None:
        """Into the room. Raises NoRoom, TooManyLegs, PhoneRefused, PlaneBusy."""
        self.leg = self._listening.me = self._hub.attach(self)
        try:
            await self._join()
            self._media_port = await self._hub.media.open_phone(self.leg, LOOPBACK)
        except BaseException:
            self.leave()
            raise

    async def _join(self) -> None:
        at = time.time()
        place = f"{self.config.bridge}/{self.config.channel}"
        grants = Grants(
            f"radio:{place}", frozenset({Verb.LISTEN, Verb.TALK}), frozenset({self.room}), at + _TEN_YEARS_S
        )
        terms = CarrierTerms(
            self.config.hang_ms, self.config.tail_ms, self.config.talk_limit_ms, self.config.kerchunk_ms
        )
        who = Participant(self.leg, self.config.name or self.config.channel, "", LegKind.RADIO)
        answer = await self._hub.command(JoinRoom(CommandId(1), self.leg, self.room, who, grants, at, terms))
        if answer.refusal is not None:
            raise NoRoom(f"channel {place} cannot enter room {self.room}: {answer.refusal.code}")
        self._listening.begin(self._hub.room(self.room, grants))

    def leave(self) -> None:
        """The adapter ends."""
        if self._timer is not None:
            self._timer.cancel()
        self._hub.detach(self.leg, "shutdown")

    def online(self, plan: ChannelPlan) -> None:
        """The bridge has taken a configuration with this channel in it."""
        is_open = self._plan is not None and self._plan.codec is plan.codec
        if not is_open and not self._open(plan):
            self._feed(keys.Offline(AirWhy.OTHER))
            return
        self._plan = plan
        self._over.transmits = plan.transmits
        self._feed(keys.Online())

    def offline(self, why: AirWhy) -> None:
        """The bridge is gone, silent or switched off; the edge has ended its streams or does so now."""
        self.unopened = False
        self.squelch(is_open=False)
        self._feed(keys.Offline(why))

    @property
    def keyed(self) -> bool:
        """The bridge has given it air, or was told to end and has not said that it unkeyed."""
        return self._over.keyed

    def _open(self, plan: ChannelPlan) -> bool:
        """Join the edge's socket with the media core's; another codec needs another socket."""
        if self._plan is not None:
            self._edge.order(lambda radio: radio.shut(self.number))
            self._plan = None
        place = (self.config.bridge, self.config.channel)
        try:
            port = self._edge.radio.open(self.number, *place, plan.codec.value)
        except (OSError, ValueError) as error:  # no descriptor, a full queue, an earlier order that waits
            self._counters.add("opens_failed_total")
            if not self.unopened:
                log.warning("a radio channel cannot be opened yet", bridge=place[0], why=str(error))
            self.unopened = True
            return False
        self.unopened = False
        self._edge.order(lambda radio: radio.aim(self.number, self._media_port))
        media = PhoneMedia(LOOPBACK, port, plan.codec, PAYLOAD_TYPES[plan.codec])
        self._hub.media.set_phone(self.leg, media)
        return True

    # -- what the hub says -------------------------------------------------------------------

    def event(self, event: Event) -> None:
        """LegSink: who talks decides what is transmitted, and whether we are heard."""
        heard = self._listening.heard
        if isinstance(event, MemberMoved):
            self._listening.begin(self._hub.room(event.to, event.grants))
        else:
            self._listening.event(event)
        if self._listening.heard is not heard:
            self._let_out()
        self._judge()

    def data(self, channel: DataChannel, data: bytes) -> None:
        """LegSink: a radio has no data channels."""

    def digit(self, digit: str) -> None:
        """LegSink: DTMF on the air is told by the bridge, not by RTP."""

    def media(self, *, up: bool, why: str) -> None:
        """LegSink: the leg's media lives as long as the adapter."""
        if not up and why != "closed":
            log.error("a radio channel lost its media", bridge=self.config.bridge, why=why)

    def ended(self, why: str) -> None:
        """LegSink: the hub shuts down, or the leg's ten years are over."""
        log.info("a radio channel left its room", bridge=self.config.bridge, why=why)

    # -- what the radio hears ----------------------------------------------------------------

    def rx_start(self, stream: int, *, opaque: bool) -> None:
        """COR: somebody talks on the air. ``opaque``: encrypted by the radio, nobody can be let hear it."""
        self._counters.add("streams_total")
        if self._plan is None or not self._plan.receives:
            self._edge.order(lambda radio: radio.drop(self.number, stream))
            return
        self._stream = stream
        if opaque:
            self._counters.add("streams_opaque_total")
            self._edge.order(lambda radio: radio.drop(self.number, stream))
        self._tell_carrier()
        if not opaque and self._listening.heard:  # a fade within one talkspurt
            self._let_out()
        self._judge()

    def rx_end(self, stream: int, frames: int, lost: int, late: int) -> None:
        """The stream is over."""
        for name, count in (
            ("frames_total", frames),
            ("frames_lost_total", lost),
            ("frames_late_total", late),
        ):
            self._counters.add(name, count)
        self._names.pop(stream, None)
        if stream == self._stream:
            self._stream = None
            self._tell_carrier()
            self._judge()

    def squelch(self, *, is_open: bool) -> None:
        """The status's COR; frames say the same, usually sooner."""
        self._squelch_open = is_open and self._plan is not None and self._plan.receives
        self._tell_carrier()
        self._judge()

    def _tell_carrier(self) -> None:
        carrier = self._receiving
        if carrier is not self._carrier:
            self._carrier = carrier
            self._hub.fact(CarrierMoved(self.leg, carrier))

    @property
    def _receiving(self) -> bool:
        return self._stream is not None or self._squelch_open

    def named(self, stream: int | None, name: str) -> None:
        """The radio network says who talks; without a stream it is who talks now."""
        stream = self._stream if stream is None else stream
        if stream is None or not name:
            return
        self._names[stream] = name
        if len(self._names) > _NAMES_MAX:
            self._names.popitem(last=False)
        self._tell_name()

    def _let_out(self) -> None:
        stream = self._stream
        if stream is None:
            return
        if self._listening.heard:
            self._edge.order(lambda radio: radio.hear(self.number, stream))
            self._tell_name()
        else:
            self._edge.order(lambda radio: radio.drop(self.number, stream))

    def _tell_name(self) -> None:
        name = self._names.get(self._stream) if self._stream is not None else None
        if name and self._listening.heard:
            self._hub.fact(RadioTalker(self.leg, name))

    # -- what the radio says -----------------------------------------------------------------

    def granted(self, token: int) -> None:
        """The bridge gives air."""
        self._of_over(token, keys.Granted())

    def denied(self, token: int, why: AirWhy, retry_ms: int) -> None:
        """It does not."""
        self._counters.add("keys_denied_total")
        self._of_over(token, keys.Denied(why, retry_ms))

    def revoked(self, token: int, why: AirWhy) -> None:
        """It takes air back."""
        self._counters.add("overs_revoked_total")
        self._of_over(token, keys.Revoked(why))

    def unkeyed(self, token: int) -> None:
        """The over has been played and the transmitter is off."""
        self._of_over(token, keys.Ended())

    def stuck(self, token: int) -> None:
        """It was told to unkey and does not say that it did."""
        self._counters.add("stuck_total")
        log.error("a transmitter does not confirm that it is off", bridge=self.config.bridge)
        self._of_over(token, keys.Stuck())

    def _of_over(self, token: int, what: keys.KeyInput) -> None:
        if self._over.is_current(token):
            self._feed(what)

    def _judge(self) -> None:
        """Who is to be transmitted now, and when that must be asked again."""
        source = self._listening.source()
        if self._listening.open_room:
            self._vox = voxes.update(
                self._vox,
                self._loop.time(),
                voices=source is not None,
                carrier=self._receiving,
                round_trip_s=self.round_trip_s,
            )
            source = (source or self._over.source) if self._vox.keyed else None
        else:
            self._vox = voxes.Vox()  # its clock would come due again and again
        self._feed(keys.Silence() if source is None else keys.Talk(source))

    def _feed(self, what: keys.KeyInput) -> None:
        for air in self._over.feed(what, self._loop.time()):
            self._tell(air)
        self._arm()

    def _tell(self, air: Air) -> None:
        self._hub.fact(AirMoved(self.leg, air.state, air.why))

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = [at for at in (self._over.deadline, self._vox.deadline) if at is not None]
        if due:
            self._timer = self._loop.call_at(min(due), self._due)

    def _due(self) -> None:
        self._timer = None
        retry_at = self._over.deadline
        if retry_at is not None and retry_at <= self._loop.time():
            self._feed(keys.Due())
        self._judge()
