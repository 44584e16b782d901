"""One radio channel of a bridge: inputs go to the native fence, and its actions to the radio and the hub."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog

from adapters.bridges.config import ChannelConfig
from adapters.bridges.native import RadioFence
from adapters.bridges.ptt_watchdog import now_us
from adapters.bridges.radio import RadioAdapter, Talking
from adapters.bridges.reception import Reception
from adapters.bridges.session import Session
from adapters.bridges.status import StatusBoard
from adapters.bridges.transmitter import Transmitter
from adapters.radio.contract.down import ChannelTerms
from adapters.radio.contract.names import Direction, Duplex, Enable, EventKind
from adapters.radio.contract.topics import Kind
from adapters.radio.contract.up import ChannelDescription, Event

if TYPE_CHECKING:
    from adapters.bridges.native import RadioAction

log = structlog.get_logger("channel")

FRAME_MS = 20
_OFF = ChannelTerms()
_LEAST_WAIT_S = 0.001


class Channel:
    """``transmitter`` holds its PTT line, ``radio`` its sound."""

    def __init__(
        self, config: ChannelConfig, session: Session, radio: RadioAdapter, transmitter: Transmitter
    ) -> None:
        self.config = config
        self.board = StatusBoard(config.id, session)
        self._session = session
        self._radio = radio
        self._transmitter = transmitter
        self._terms = _OFF
        self._connected = False
        self._carrier = False
        self._codec_refused = False
        self._fault = ""
        """Of the radio."""
        self._events = 0
        self._timer: asyncio.TimerHandle | None = None
        self._fence = self._new_fence(config.codec.term)
        self._reception = self._new_reception()

    def describe(self) -> ChannelDescription:
        """For the birth."""
        config = self.config
        codecs = [config.codec.term]
        return ChannelDescription(
            id=config.id,
            name=config.name,
            direction=config.direction,
            duplex=Duplex.HALF if config.busy_lockout else Duplex.FULL,
            rx=codecs if config.direction is not Direction.TX else [],
            tx=codecs if config.direction is not Direction.RX else [],
            frames_ms=[FRAME_MS],
            key_delay_ms=config.ready_ms,
            limit_ms=config.limit_ms,
            capabilities=["cor", "rssi", "talker", "emg"],
        )

    def counters(self) -> dict[str, int]:
        """The fence's."""
        return self._fence.counters()

    @property
    def keyed(self) -> bool:
        """It is on the air."""
        return self._fence.keyed() is not None

    # -- from the hub ------------------------------------------------------------------------

    def configure(self, terms: ChannelTerms | None) -> None:
        """What the hub lets it do; None: nothing."""
        wanted, before = terms or _OFF, self._terms
        codec = self.config.codec.term
        self._codec_refused = wanted.enable is not Enable.OFF and (wanted.rx, wanted.tx, wanted.frame_ms) != (
            codec,
            codec,
            FRAME_MS,
        )
        if self._codec_refused:
            log.error("the hub asks for a codec that this channel does not have", channel=self.config.id)
        self._tell_faults()
        self._terms = _OFF if self._codec_refused else wanted
        if _sound(self._terms) != _sound(before):
            self._reception.end()
            self._reception = self._new_reception()
        try:
            self._act(self._apply(self._terms))
        except ValueError as error:
            log.error("the hub's terms cannot be kept, nothing is transmitted", error=str(error))  # noqa: TRY400 - the peer's fault
            self._act(self._apply(_OFF))

    def _apply(self, terms: ChannelTerms) -> "Sequence[RadioAction]":
        return self._fence.configure(
            now_us(),
            transmit=terms.enable is Enable.RXTX and self.config.direction is not Direction.RX,
            watchdog_ms=terms.watchdog_ms,
            late_ms=terms.late_ms,
            limit_ms=min(terms.limit_ms, self.config.limit_ms),
            penalty_ms=terms.penalty_ms,
        )

    def hub_state(self, payload: bytes) -> None:
        """The hub is there or gone."""
        self._act(self._fence.hub_state(payload, now_us()))

    def heartbeat(self, payload: bytes, *, retained: bool) -> None:
        """The hub lives, and this was its time."""
        before = self._fence.synced()
        self._act(self._fence.heartbeat(payload, now_us(), retained=retained))
        if self._fence.synced() and not before:
            log.info("the hub's clock is known", channel=self.config.id)

    def floor(self, payload: bytes, *, retained: bool) -> None:
        """Key, release, abort."""
        self._act(self._fence.floor(payload, now_us(), retained=retained))

    def transmit(self, payload: bytes, *, retained: bool) -> None:
        """Frames for the air."""
        self._act(self._fence.tx(payload, now_us(), retained=retained))

    def broker(self, *, up: bool) -> None:
        """The connection came or went."""
        if not up:
            self._reception.forget()
        self._act(self._fence.broker(up, now_us()))

    # -- from the radio ----------------------------------------------------------------------

    def carrier(self, *, on: bool, rssi_dbm: int | None) -> None:
        """The squelch opened or closed."""
        self._carrier = on
        self._act(self._fence.cor(on, now_us()))
        self.board.change(carrier=int(on), rssi_dbm=rssi_dbm)
        stream = self._reception.stream
        if not on and stream is not None:
            self._reception.end()
            self._event(EventKind.END, stream=stream)

    def received(self, frame: bytes, captured_us: int) -> None:
        """Sound. Without an open squelch, or not enabled by the hub, it goes nowhere."""
        if self._carrier and self._terms.enable is not Enable.OFF and self._session.connection is not None:
            status = self.board.status
            begins = self._reception.push(
                frame, captured_us, status.rssi_dbm, emergency=bool(status.emergency)
            )
            if begins and status.talker is not None:
                self.talker(Talking(status.talker.id, status.talker.alias, status.talker.group))

    def talker(self, talking: Talking) -> None:
        """Who is heard."""
        self.board.talker(talking)
        self._event(
            EventKind.TALK,
            stream=self._reception.stream,
            id=talking.id,
            alias=talking.alias,
            group=talking.group,
        )

    def emergency(self, talking: Talking, *, on: bool) -> None:
        """The emergency button."""
        self.board.change(emergency=int(on))
        self._event(EventKind.EMERGENCY, on=int(on), id=talking.id, alias=talking.alias, group=talking.group)

    def fault(self, code: str) -> None:
        """The transmitter failed, or is well again."""
        self._fault = code
        self._tell_faults()
        if code:
            self.transmitter_failed()

    def transmitter_failed(self) -> None:
        """Its PTT line is not held any more."""
        self._act(self._fence.fault(now_us()))

    def shutdown(self) -> None:
        """Unkey for good."""
        self._reception.end()
        self._act(self._fence.shutdown(now_us()))
        if self._timer is not None:
            self._timer.cancel()
        self.board.close()

    # -- what the fence wants ----------------------------------------------------------------

    def _new_fence(self, codec: str) -> RadioFence:
        config = self.config
        return RadioFence(
            codec=codec,
            frame_ms=FRAME_MS,
            ready_ms=config.ready_ms,
            tail_ms=config.tail_ms,
            playout_ms=config.playout_ms,
            busy_lockout=config.busy_lockout,
        )

    def _new_reception(self) -> Reception:
        terms = self._terms
        return Reception(self.config.id, self._session, terms.rx, terms.frame_ms, terms.frames)

    def _tell_faults(self) -> None:
        codec = ["codec"] if self._codec_refused else []
        self.board.change(faults=[*codec, self._fault] if self._fault else codec)

    def _act(self, actions: "Sequence[RadioAction]") -> None:
        channel = self.config.id
        for action in actions:
            match action:
                case ("ptt", True):
                    self._transmitter.key(channel)
                    self._radio.keyed(channel, on=True)
                case ("ptt", False):
                    self._transmitter.unkey(channel)
                    self._radio.keyed(channel, on=False)
                case ("play", frame, age_us):
                    self._radio.transmit(channel, frame, age_us)
                case ("flush",):
                    self._radio.flush(channel)
                case ("publish", payload):
                    self._session.publish(Kind.FLOOR, payload, channel)
        if any(action[0] == "ptt" for action in actions):
            token = self._fence.keyed()
            self.board.change(ptt=int(token is not None), token=token)
        self._arm()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline_us = self._fence.deadline()
        if deadline_us is not None:
            wait_s = max(_LEAST_WAIT_S, (deadline_us - now_us()) / 1e6)
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._due)

    def _due(self) -> None:
        self._timer = None
        self._act(self._fence.tick(now_us()))

    def _event(self, kind: EventKind, **fields: object) -> None:
        self._events += 1
        event = Event(session=self._session.id, n=self._events, t=now_us(), kind=kind, **fields)  # type: ignore[arg-type]
        self._session.say(Kind.EVENT, event, self.config.id)


def _sound(terms: ChannelTerms) -> tuple[str, int, int] | None:
    """How a channel says what it receives; None: not at all. While it stays the same a stream goes on."""
    return None if terms.enable is Enable.OFF else (terms.rx, terms.frame_ms, terms.frames)
