"""The hub: the single writer behind the one narrow door that adapters see (``ports.hub.Hub``)."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from gateway.app.clock import Clock
from gateway.app.config import Config
from gateway.app.effects import EffectRunner
from gateway.app.floor_meter import FloorMeter
from gateway.app.legs import Legs
from gateway.app.metrics import Metrics
from gateway.app.runtime import Journal, Runtime
from gateway.app.tokens import Tokens
from gateway.core.policy import Action, decide
from gateway.core.switchboard import Switchboard
from gateway.model.call import CallState
from gateway.model.effects import Answer
from gateway.model.events import Event, SlotFilled, SlotPictured
from gateway.model.grants import Grants
from gateway.model.ids import BootId, CallId, LegId, RoomId
from gateway.model.inputs import (
    Booted,
    CallMoved,
    Command,
    Fact,
    FloorRequest,
    LegLost,
    MediaDown,
    MediaUp,
)
from gateway.model.refusal import Refusal, RefusalCode
from gateway.model.room import RoomMode
from gateway.model.snapshot import RoomView
from gateway.ports.calls import Dialler
from gateway.ports.hub import LegSink
from gateway.ports.media import DataReceived, Digit, MediaEvent, MediaPlane, PictureTurned, SlotTurned


class Hub:
    """Implements ``gateway.ports.hub.Hub``. Built and torn down by ``app.assembly``."""

    def __init__(
        self,
        booted: Booted,
        config: Config,
        media: MediaPlane,
        journal: Journal,
        tokens: Tokens,
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        self._boot = booted.boot
        self._config = config
        self._media = media
        self._tokens = tokens
        self._metrics = metrics
        self._clock = clock
        self.failed = asyncio.Event()
        """The single writer ended by a fault: nothing is decided any more, the process must be restarted."""
        self._readiness: dict[str, Callable[[], bool]] = {}
        self.legs = Legs(config.limits.legs)
        self._dialler: Dialler = _NoDialler(self.fact)
        self._effects = effects = EffectRunner(media, self.legs, self.end, lambda: self._dialler)
        self.runtime = Runtime(Switchboard(), journal, clock, effects.run, config.limits.queue_len_max)
        self.runtime.fact(booted)
        self._floors = FloorMeter(clock.now)
        effects.tap(self._floors.hear)
        media.on_event(self._media_event)
        limits = {
            "legs_max": config.limits.legs,
            "queue_len_max": config.limits.queue_len_max,
            "rooms": len(config.rooms),
            "media_sessions_max": config.media.sessions_max,
            "data_message_bytes_max": config.media.data_message_bytes_max,
            "spool_bytes_max": config.store.spool_bytes_max,
        }
        metrics.add("legs", lambda: self.legs.counters | {"attached": len(self.legs)})
        metrics.add("core", lambda: self.runtime.counters | self._held_by_core())
        metrics.add("effects", lambda: effects.counters)
        metrics.add("floor", self._floors.read)
        metrics.add("limits", lambda: limits)

    # -- what adapters see -------------------------------------------------------------------

    @property
    def media(self) -> MediaPlane:
        return self._media

    @property
    def boot(self) -> BootId:
        return self._boot

    def attach(self, sink: LegSink) -> LegId:
        return self.legs.attach(sink)

    def detach(self, leg: LegId, why: str) -> None:
        if self.legs.take(leg) is not None:
            self._media.close(leg)
            self._floors.gone(leg)
            self.runtime.fact(LegLost(leg, why))

    async def command(self, command: Command) -> Answer:
        if command.leg not in self.legs:
            return Answer(command.leg, command.id, Refusal(RefusalCode.INVALID, "no such leg"))
        began = self._clock.now()
        answer = await self.runtime.command(command)
        if isinstance(command, FloorRequest) and command.leg in self.legs:
            self._floors.answered(command, answer, self._clock.now() - began)
        return answer

    def fact(self, fact: Fact) -> None:
        self.runtime.fact(fact)

    def room(self, room: RoomId, grants: Grants) -> RoomView | Refusal:
        view = self.runtime.switchboard.view(room, self.runtime.now())
        mode = view.mode if view else RoomMode.TALKGROUP
        refusal = decide(grants, Action.SEE, room, mode, self._clock.utc())
        if refusal is not None:
            return refusal
        return view or Refusal(RefusalCode.UNKNOWN_ROOM)

    def rooms(self, grants: Grants) -> tuple[RoomView, ...]:
        at = self._clock.utc()
        views = self.runtime.switchboard.views(self.runtime.now())
        return tuple(v for v in views if decide(grants, Action.SEE, v.id, v.mode, at) is None)

    def grants(self, token: str) -> Grants | Refusal:
        return self._tokens.grants(token, self._clock.utc())

    def redeem(self, token: str) -> str | Refusal:
        return self._tokens.redeem(token, self._clock.utc())

    def issue(self, grants: Grants) -> str:
        return self._tokens.issue(grants)

    def ready(self) -> Mapping[str, bool]:
        return {name: read() for name, read in self._readiness.items()}

    def metrics(self) -> bytes:
        return self._metrics.text()

    def gauge(self, name: str, read: Callable[[], Mapping[str, int]]) -> None:
        self._metrics.add(name, read)

    def config(self, section: str) -> Any:  # noqa: ANN401 - each section has its own type
        return self._config.section(section)

    def tap(self, hear: Callable[[Event], None]) -> Callable[[], None]:
        return self._effects.tap(hear)

    def dialler(self, dialler: Dialler | None) -> None:
        self._dialler = dialler or _NoDialler(self.fact)

    # -- what the shell adds -----------------------------------------------------------------

    def administrator_link(self) -> str | None:
        """The token of the one-time link, until it was opened. Raises OSError."""
        return self._tokens.administrator_link(self._clock.utc())

    def readiness(self, name: str, read: Callable[[], bool]) -> None:
        """Add a part to ``ready``."""
        self._readiness[name] = read

    def end(self, leg: LegId, why: str) -> None:
        """End a leg from this side: its adapter is told once, then it is gone."""
        self.legs.call(leg, lambda sink: sink.ended(why))
        self.detach(leg, why)

    def _held_by_core(self) -> dict[str, int]:
        return {"queue_len": self.runtime.queue_len, "timers": self.runtime.switchboard.timers}

    def _media_event(self, event: MediaEvent) -> None:
        if event.leg not in self.legs:
            return  # late news of a leg that was detached
        match event:
            case DataReceived(leg, channel, data):
                self.legs.call(leg, lambda sink: sink.data(channel, data))
            case Digit(leg, digit):
                self.legs.call(leg, lambda sink: sink.digit(digit))
            case SlotTurned(leg, slot, number, source):
                self.legs.call(leg, lambda sink: sink.event(SlotFilled(slot, number, source)))
            case PictureTurned(leg, slot, number, by, kind, rtp_timestamp, layer, paused):
                pictured = SlotPictured(slot, number, by, kind, rtp_timestamp, layer, paused)
                self.legs.call(leg, lambda sink: sink.event(pictured))
            case MediaUp(leg):
                self.runtime.fact(event)
                self.legs.call(leg, lambda sink: sink.media(up=True, why=""))
            case MediaDown(leg, why):
                self.runtime.fact(event)
                self.legs.call(leg, lambda sink: sink.media(up=False, why=why))
            case _:
                self.runtime.fact(event)


class _NoDialler:
    """Stands in while no adapter can call a number."""

    def __init__(self, fact: Callable[[Fact], None]) -> None:
        self._fact = fact

    def place(self, call: CallId, room: RoomId, number: str) -> None:  # noqa: ARG002 - whatever it is
        self._fact(CallMoved(call, CallState.NOT_ALLOWED))

    def cancel(self, call: CallId) -> None:
        self._fact(CallMoved(call, CallState.CANCELLED))
