"""What an adapter may ask of the hub. Implemented by ``gateway.app.hub.Hub``."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from gateway.model.effects import Answer
from gateway.model.events import Event
from gateway.model.grants import Grants
from gateway.model.ids import BootId, LegId, RoomId
from gateway.model.inputs import Command, Fact
from gateway.model.refusal import Refusal
from gateway.model.snapshot import RoomView
from gateway.ports.calls import Dialler
from gateway.ports.media import Channel, MediaPlane


class LegSink(Protocol):
    """What the hub calls on the owner of a leg. Never blocks, never raises."""

    def event(self, event: Event) -> None:
        """Something happened in a room the leg is in."""

    def data(self, channel: Channel, data: bytes) -> None:
        """A data-channel message of the leg's endpoint."""

    def digit(self, digit: str) -> None:
        """The leg's phone released a DTMF key: one of ``0123456789*#ABCD``."""

    def media(self, *, up: bool, why: str) -> None:
        """The leg's media came up or went down."""

    def ended(self, why: str) -> None:
        """The hub ended the leg; the sink is detached after this call."""


class Hub(Protocol):
    """The single writer behind one narrow door."""

    @property
    def media(self) -> MediaPlane: ...

    @property
    def boot(self) -> BootId:
        """This run of the gateway; a new one means that all legs are new."""

    def attach(self, sink: LegSink) -> LegId:
        """A new leg. Raises TooManyLegs at the configured limit."""

    def detach(self, leg: LegId, why: str) -> None:
        """The leg is gone: leaves its rooms, its media is closed."""

    async def command(self, command: Command) -> Answer:
        """Hand a command to the core; returns when its record is in the spool and its effects ran.

        A repeated (leg, id) gets the first answer again and changes nothing.
        """

    def fact(self, fact: Fact) -> None: ...

    def room(self, room: RoomId, grants: Grants) -> RoomView | Refusal:
        """A snapshot, if the grants allow to listen there."""

    def rooms(self, grants: Grants) -> tuple[RoomView, ...]:
        """Every room the grants allow to see."""

    def grants(self, token: str) -> Grants | Refusal:
        """Verify a bearer token (signature, expiry).

        The one-time administrator link is used up by this call; ``redeem`` it to stay signed in.
        """

    def redeem(self, token: str) -> str | Refusal:
        """Swap the one-time administrator link for an ordinary bearer; any other bearer is given back.

        The page keeps the result: it survives a reload, the link does not.
        """

    def issue(self, grants: Grants) -> str:
        """A bearer that carries these grants; that they are no wider than the asker's is for the caller."""

    def ready(self) -> Mapping[str, bool]:
        """The answer of /readyz by part (``spool``, ``store``, ``media``, each adapter).

        ``store`` False does not make the hub unready: the spool keeps the records until it is back.
        """

    def metrics(self) -> bytes:
        """The body of /metrics: Prometheus text format 0.0.4, media counters and gauges included."""

    def gauge(self, name: str, read: Callable[[], Mapping[str, int]]) -> None:
        """Add an adapter's own counters to /metrics under ``crosspatch_{name}_...``."""

    def tap(self, hear: Callable[[Event], None]) -> Callable[[], None]:
        """Be told of everything that any room's members are told; call the result to end it.

        ``hear`` never blocks; one that raises is counted, not believed. Media and slots are no such news.
        """

    def dialler(self, dialler: Dialler | None) -> None:
        """Who calls numbers for rooms from now on; None: nobody."""

    def config(self, section: str) -> Any:
        """A configuration section, already checked: the adapter's own, or the hub's ``http`` or ``store``."""


class TooManyLegs(Exception):
    """``[limits] legs`` is reached."""
