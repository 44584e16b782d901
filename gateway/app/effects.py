"""Runs the core's effects: media orders to the media plane, events to the legs of the room."""

from collections.abc import Callable, Iterable
from functools import partial

import structlog

from gateway.app.legs import Legs
from gateway.model.effects import (
    Answer,
    CancelCall,
    Effect,
    EndLeg,
    JoinMedia,
    LeaveMedia,
    OpenGate,
    OpenPicture,
    PlaceCall,
    Publish,
    ShutGate,
    ShutPicture,
    Tell,
)
from gateway.model.events import Event, ParticipantJoined, ParticipantLeft
from gateway.model.ids import LegId, RoomId
from gateway.ports.calls import Dialler
from gateway.ports.hub import LegSink
from gateway.ports.media import MediaPlane

_log = structlog.get_logger("effects")


class EffectRunner:
    """Runs effects in order. Who is told of an event follows from the events before it."""

    def __init__(
        self,
        media: MediaPlane,
        legs: Legs,
        end_leg: Callable[[LegId, str], None],
        dialler: Callable[[], Dialler],
    ) -> None:
        self._media = media
        self._legs = legs
        self._end_leg = end_leg
        self._dialler = dialler
        self.counters = {"errors_total": 0}
        self._audience: dict[RoomId, dict[LegId, None]] = {}
        self._taps: dict[object, Callable[[Event], None]] = {}

    def tap(self, hear: Callable[[Event], None]) -> Callable[[], None]:
        """Tell ``hear`` of everything that is published, from now until the result is called."""
        name = object()
        self._taps[name] = hear

        def untap() -> None:
            self._taps.pop(name, None)

        return untap

    def run(self, effects: Iterable[Effect]) -> None:
        """Run all; one that fails is counted and does not keep the others from running."""
        for effect in effects:
            try:
                self._run(effect)
            except Exception:  # noqa: BLE001 - a gate that must be shut comes after it
                self.counters["errors_total"] += 1
                _log.exception("an effect failed", effect=type(effect).__name__)

    def _run(self, effect: Effect) -> None:
        match effect:
            case Publish(room, event):
                self._publish(room, event)
            case JoinMedia() | LeaveMedia() | OpenGate() | ShutGate() | OpenPicture() | ShutPicture():
                self._order(effect)
            case Tell(leg, event):
                self._legs.call(leg, partial(_tell, event))
            case EndLeg(leg, why):
                self._end_leg(leg, why)
            case PlaceCall(call, room, number):
                self._dialler().place(call, room, number)
            case CancelCall(call):
                self._dialler().cancel(call)
            case Answer():
                pass  # the runtime hands it to the one who waits

    def _order(
        self, effect: JoinMedia | LeaveMedia | OpenGate | ShutGate | OpenPicture | ShutPicture
    ) -> None:
        """Tell the media plane."""
        match effect:
            case OpenGate(room, leg, talkspurt, limit_ms):
                self._media.open_gate(room, leg, talkspurt, limit_ms)
            case ShutGate(room, leg):
                self._media.shut_gate(room, leg)
            case OpenPicture(room, leg, kind):
                self._media.show(room, leg, kind, on=True)
            case ShutPicture(room, leg, kind):
                self._media.show(room, leg, kind, on=False)
            case JoinMedia(room, leg, hear):
                self._media.join(room, leg, hear=hear)
            case LeaveMedia(room, leg):
                self._media.leave(room, leg)

    def _publish(self, room: RoomId, event: Event) -> None:
        if isinstance(event, ParticipantJoined):
            self._audience.setdefault(room, {})[event.participant.leg] = None
        audience = self._audience.get(room, {})
        tell = partial(_tell, event)
        for leg in tuple(audience):
            self._legs.call(leg, tell)
        for hear in tuple(self._taps.values()):
            self._tap(hear, event)
        if isinstance(event, ParticipantLeft):
            audience.pop(event.leg, None)
            if not audience:
                self._audience.pop(room, None)

    def _tap(self, hear: Callable[[Event], None], event: Event) -> None:
        try:
            hear(event)
        except Exception:  # noqa: BLE001 - an adapter's fault stays its own
            self.counters["errors_total"] += 1
            _log.exception("a tap raised", event_type=type(event).__name__)


def _tell(event: Event, sink: LegSink) -> None:
    sink.event(event)
