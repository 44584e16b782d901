"""What the hub says to this bridge, taken apart by topic. Whatever comes in, nothing raises."""

import asyncio
from collections.abc import Mapping

import structlog

from adapters.bridges.channel import Channel
from adapters.bridges.mqtt import Message
from adapters.bridges.native import RadioUplink, radio_decode
from adapters.bridges.orders import Orders
from adapters.bridges.ptt_watchdog import now_us
from adapters.bridges.radio import RadioAdapter
from adapters.bridges.session import Session
from adapters.radio.contract.codec import decode
from adapters.radio.contract.down import Command, Config
from adapters.radio.contract.topics import DOWN, DOWN_CHANNEL, VERSION, Address, Kind, hub_state, parse, topic

log = structlog.get_logger("inbox")

_COMMANDS_MAX = 32
"""Commands waiting for a slow radio; one more is not taken, and the hub hears nothing of it."""


class Inbox:
    """``take`` gets every message; commands are carried out by ``run``, one after the other."""

    def __init__(
        self, session: Session, channels: Mapping[str, Channel], uplink: RadioUplink, radio: RadioAdapter
    ) -> None:
        self._session = session
        self._channels = channels
        self._uplink = uplink
        self._orders = Orders(radio)
        self._commands: asyncio.Queue[tuple[Command, Channel, bytes]] = asyncio.Queue(_COMMANDS_MAX)
        self._hub_state = hub_state(session.root)
        self._addresses: dict[str, Address] = {}
        """By topic: a site has few, and each frame asks."""
        self._epoch = 0
        self.configured = False
        """The hub has taken this session since this was last set to False."""

    def topics(self) -> dict[str, int]:
        """QoS by topic, each by its own name: no wildcard reaches beyond what is ours."""
        session = self._session
        addresses = [session.address(kind, up=False) for kind in DOWN]
        addresses += [
            session.address(kind, name, up=False) for name in self._channels for kind in DOWN_CHANNEL
        ]
        named = {topic(address, session.root): address for address in addresses}
        self._addresses = {name: address for name, address in named.items() if parse(name, session.root)}
        return {self._hub_state: 1} | {name: address.delivery.qos for name, address in named.items()}

    def take(self, message: Message) -> None:
        """One message of the broker."""
        if message.topic == self._hub_state:
            self._hub(message.payload)
            return
        address = self._addresses.get(message.topic)
        if address is None:
            self._session.counters.add("bad")
        elif address.channel is None:
            self._for_the_bridge(address.kind, message)
        else:
            self._for_a_channel(address.kind, self._channels[address.channel], message)

    async def run(self) -> None:
        """Carry out commands until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            command, channel, correlation = await self._commands.get()
            reply = await self._orders.carry_out(command, channel, correlation, self._epoch, clock())
            self._session.say(Kind.REPLY, reply, correlation=correlation)

    def _hub(self, payload: bytes) -> None:
        try:
            self._epoch = max(self._epoch, radio_decode("hub", payload)["ep"])
        except ValueError:
            self._session.counters.add("bad")
        for channel in self._channels.values():
            channel.hub_state(payload)

    def _for_the_bridge(self, kind: Kind, message: Message) -> None:
        if kind is Kind.HEARTBEAT:
            if not message.retained:
                self._uplink.probe(message.payload, now_us())
            for channel in self._channels.values():
                channel.heartbeat(message.payload, retained=message.retained)
            return
        config = decode(kind, message.payload)
        if not isinstance(config, Config) or message.retained:
            self._session.counters.add("bad")
        elif config.session == self._session.id and config.epoch >= self._epoch:
            self._configure(config)

    def _configure(self, config: Config) -> None:
        self.configured = True
        if config.version != VERSION:
            log.error("the hub speaks another version of the contract", version=config.version)
            return
        log.info("configured", enabled={name: str(terms.enable) for name, terms in config.channels.items()})
        for name, channel in self._channels.items():
            channel.configure(config.channels.get(name))

    def _for_a_channel(self, kind: Kind, channel: Channel, message: Message) -> None:
        if kind is Kind.TRANSMIT:
            channel.transmit(message.payload, retained=message.retained)
        elif kind is Kind.FLOOR:
            channel.floor(message.payload, retained=message.retained)
        else:
            command = decode(kind, message.payload)
            if not isinstance(command, Command) or message.retained or self._commands.full():
                self._session.counters.add("bad")
            else:
                self._commands.put_nowait((command, channel, message.correlation))
