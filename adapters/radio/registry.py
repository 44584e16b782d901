"""The table of bridges and channels: what came over either connection, and what is done about it.

Nothing here waits, and nothing that a bridge sends raises: what cannot be taken is counted, logged once a
bridge, and charged to the bridge's budget.
"""

import asyncio
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING

import structlog

from adapters._kit.counters import Counters
from adapters._kit.once import Once
from adapters.radio.bridge import Accept, Action, Bridge, Drop
from adapters.radio.channel import RoomChannel
from adapters.radio.contract import codec, topics
from adapters.radio.contract.codec import Bad
from adapters.radio.contract.down import Command, Config
from adapters.radio.contract.names import EventKind, Operation
from adapters.radio.contract.topics import Address, Kind
from adapters.radio.contract.up import Birth, Event, Reply, State, Status
from adapters.radio.control import Control, Message
from adapters.radio.edge import Edge
from adapters.radio.supervision import Supervision
from adapters.radio.translate import talker_name, why
from gateway.model.radio import AirWhy

if TYPE_CHECKING:
    from adapters.radio.native import RadioEvent

COUNTERS = (
    "messages_total",
    "messages_bad_total",
    "messages_stale_total",
    "messages_foreign_total",
    "messages_unknown_bridge_total",
    "messages_excess_total",
    "bridges_fenced_total",
    "status_missed_total",
    "commands_failed_total",
    "emergencies_total",
    "opens_failed_total",
    "streams_total",
    "streams_opaque_total",
    "frames_total",
    "frames_lost_total",
    "frames_late_total",
    "keys_denied_total",
    "overs_revoked_total",
    "overs_total",
    "air_ms_total",
    "stuck_total",
    "events_lost_total",
)
TICK_S = 1.0
_RETAINABLE = (Kind.STATE, Kind.BIRTH, Kind.STATUS)

log = structlog.get_logger("radio")


class Registry:
    """One for a run of the adapter."""

    def __init__(
        self,
        bridges: Mapping[str, Bridge],
        channels: tuple[RoomChannel, ...],
        edge: Edge,
        control: Control,
        counters: Counters,
        *,
        root: str,
        epoch: int,
    ) -> None:
        self._bridges = bridges
        self._channels = {channel.number: channel for channel in channels}
        self._by_place = {(c.config.bridge, c.config.channel): c for c in channels}
        self._edge = edge
        self._control = control
        self._counters = counters
        self._root = root
        self._epoch = epoch
        self._clock = asyncio.get_running_loop().time
        self._once = Once()
        self._supervision = Supervision(bridges, counters)
        self._statuses: dict[tuple[str, str], int] = {}
        """Number of the last status of a channel."""
        counters.gauge("channels_keyed", lambda: sum(c.keyed for c in channels))
        counters.gauge("channels", lambda: len(channels))

    async def tick(self) -> None:
        """Once a second, until cancelled."""
        while True:
            await asyncio.sleep(TICK_S)
            for bridge in self._bridges.values():
                self._act(bridge, bridge.tick(self._clock()))
                if any(channel.unopened for channel in self._of_bridge(bridge.name)):
                    self._act(bridge, bridge.again(self._clock()))

    # -- over the control connection ---------------------------------------------------------

    def message(self, message: Message) -> None:
        """Something that is not timed."""
        self._counters.add("messages_total")
        address = topics.parse(message.topic, self._root)
        if address is None or not address.up:
            self._counters.add("messages_foreign_total")
            return
        bridge = self._bridges.get(address.bridge)
        if bridge is None:
            self._counters.add("messages_unknown_bridge_total")
            if self._once.first(address.bridge, "unknown"):
                log.warning("a bridge that is not in [[radio.channels]] speaks", bridge=address.bridge)
            return
        if not bridge.may_speak(self._clock()):
            self._excess(bridge)
            return
        if not message.payload and message.retained:
            return  # how a retained message is removed
        taken = codec.decode(address.kind, message.payload)
        if isinstance(taken, Bad) or (message.retained and address.kind not in _RETAINABLE):
            fault = taken.fault if isinstance(taken, Bad) else "retained"
            self._bad(bridge, f"{address.kind} {fault}")
            return
        self._take(bridge, address, taken)

    def _take(self, bridge: Bridge, address: Address, taken: codec.Message) -> None:
        match taken:
            case State() | Birth() if not bridge.may_greet(self._clock()):
                self._excess(bridge)
            case State():
                self._act(bridge, bridge.state_came(taken, self._clock()))
            case Birth():
                self._act(bridge, bridge.birth_came(taken, self._clock()))
            case Status() | Event():
                if taken.session != bridge.session:
                    self._counters.add("messages_stale_total")
                else:
                    self._of_channel(address, taken)
            case Reply(ok=False):
                self._counters.add("commands_failed_total")
            case _:
                pass

    def _excess(self, bridge: Bridge) -> None:
        self._counters.add("messages_excess_total")
        if self._once.first(bridge.name, "excess"):
            log.warning("a bridge says more than is taken", bridge=bridge.name)

    def _of_channel(self, address: Address, taken: Status | Event) -> None:
        place = (address.bridge, address.channel or "")
        channel = self._by_place.get(place)
        if channel is None:
            self._counters.add("messages_foreign_total")
            return
        if isinstance(taken, Event):
            if taken.kind == EventKind.TALK:
                channel.named(taken.stream, talker_name(taken))
            elif taken.kind == EventKind.EMERGENCY and taken.on:
                self._counters.add("emergencies_total")
            return
        if taken.talker is not None and taken.carrier:
            channel.named(None, talker_name(taken.talker))
        if taken.carrier is not None:
            channel.squelch(is_open=bool(taken.carrier))
        before = self._statuses.get(place)
        self._statuses[place] = taken.n
        if before is not None and taken.n > before + 1:
            self._counters.add("status_missed_total")
            self._command(address, Operation.REFRESH)

    def _command(self, address: Address, op: Operation) -> None:
        down = Address(address.bridge, up=False, kind=Kind.COMMAND, channel=address.channel)
        reply = Address(address.bridge, up=True, kind=Kind.REPLY)
        self._control.publish(
            Message(topics.topic(down, self._root), codec.encode(Command(op, self._epoch))),
            down.delivery,
            response_topic=topics.topic(reply, self._root),
            correlation=secrets.token_bytes(8),
        )

    # -- over the native edge ----------------------------------------------------------------

    def event(self, event: "RadioEvent") -> None:
        """Something that is timed, or news of the edge itself."""
        match event:
            case ("link", up, reason):
                self._linked(up=up, why=reason)
            case ("heartbeat", name, _, _, _, _, _, _):
                self._heartbeat(name, event)
            case ("silent", name):
                self._supervision.silent(name)
                self._offline(name, AirWhy.SILENT)
            case ("bad", name, kind, _):
                bridge = self._bridges.get(name)
                if bridge is not None:
                    self._act(bridge, bridge.fence(self._clock()))
                    log.warning("a bridge sends rubbish", bridge=name, kind=kind)
            case ("lost", count):
                # Grants, ends and streams among them: nobody knows any more what is on the air.
                self._counters.add("events_lost_total", count)
                self._edge.lose(f"{count} of its events were lost")
            case _:
                self._of_number(event)

    def _of_number(self, event: "RadioEvent") -> None:
        channel = self._channels.get(event[1]) if isinstance(event[1], int) else None
        if channel is None:
            return
        match event:
            case ("rx_start", _, stream, _, opaque, _):
                channel.rx_start(stream, opaque=opaque)
            case ("rx_end", _, stream, frames, lost, late):
                channel.rx_end(stream, frames, lost, late)
            case ("granted", _, token, _, _):
                channel.granted(token)
            case ("denied", _, token, reason, retry_ms):
                channel.denied(token, why(reason), retry_ms)
            case ("revoked", _, token, reason, _):
                channel.revoked(token, why(reason))
            case ("idle", _, token, air_ms, _, _, _):
                self._counters.add("overs_total")
                self._counters.add("air_ms_total", air_ms)
                channel.unkeyed(token)
            case ("stuck", _, token):
                channel.stuck(token)
            case _:
                pass

    def _linked(self, *, up: bool, why: str) -> None:
        if up:
            log.info("the broker is connected")  # its bridges are back with their heartbeats
            return
        self._supervision.unlinked()
        log.warning("the broker is away", why=why)
        for name in self._bridges:
            self._offline(name, AirWhy.LINK)

    def _heartbeat(self, name: str, event: "RadioEvent") -> None:
        came_back = self._supervision.heartbeat(event)
        bridge = self._bridges.get(name)
        if bridge is None:
            return
        for channel in self._of_bridge(name):
            channel.round_trip_s = self._supervision.round_trip_s(name)
        if came_back:
            self._act(bridge, bridge.again(self._clock()))

    # -- what follows ------------------------------------------------------------------------

    def _bad(self, bridge: Bridge, fault: str) -> None:
        self._counters.add("messages_bad_total")
        if self._once.first(bridge.name, fault):
            log.warning("a bridge sent what cannot be taken", bridge=bridge.name, fault=fault)
        self._act(bridge, bridge.bad(self._clock()))

    def _act(self, bridge: Bridge, action: Action | None) -> None:
        match action:
            case Accept():
                self._accept(bridge, action)
            case Drop(reason, config):
                if config is not None:
                    self._counters.add("bridges_fenced_total")
                    self._configure(bridge, config)
                self._edge.order(lambda radio: radio.forget(bridge.name))
                self._supervision.forget(bridge.name)
                self._offline(bridge.name, reason)
                log.warning("a bridge is gone", bridge=bridge.name, why=str(reason))
            case None:
                pass

    def _accept(self, bridge: Bridge, accepted: Accept) -> None:
        self._configure(bridge, accepted.config)
        if accepted.new:
            self._offline(bridge.name, AirWhy.SILENT)
            sid = accepted.config.session
            self._edge.order(lambda radio: radio.expect(bridge.name, sid))
            self._supervision.expect(bridge.name)
            for channel in self._of_bridge(bridge.name):
                self._statuses.pop((bridge.name, channel.config.channel), None)
            log.info("a bridge is here", bridge=bridge.name, channels=len(accepted.plans))
        if self._supervision.away(bridge.name):
            return
        for channel in self._of_bridge(bridge.name):
            plan = accepted.plans.get(channel.config.channel)
            if plan is None:
                channel.offline(AirWhy.NO_CHANNEL)
            elif not plan.receives and not plan.transmits:
                channel.offline(AirWhy.DISABLED)
            else:
                channel.online(plan)

    def _configure(self, bridge: Bridge, config: Config) -> None:
        down = Address(bridge.name, up=False, kind=Kind.CONFIG)
        self._control.publish(Message(topics.topic(down, self._root), codec.encode(config)), down.delivery)

    def _offline(self, name: str, reason: AirWhy) -> None:
        for channel in self._of_bridge(name):
            channel.offline(reason)

    def _of_bridge(self, name: str) -> tuple[RoomChannel, ...]:
        return tuple(channel for channel in self._channels.values() if channel.config.bridge == name)
