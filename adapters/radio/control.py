"""The hub's other connection to the broker, for all that is not timed: aiomqtt, reconnecting, bounded.

In and out are queues of bounded length. What comes in beyond the bound is dropped and counted (the broker
sends retained state again after a reconnection); what goes out beyond it too, newest first, because what
waits there already is older than a reconnection is worth.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiomqtt
import structlog
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from adapters._kit.counters import Counters
from adapters._kit.delays import delays_s
from adapters._kit.ending import told_to_end
from adapters.radio.contract.topics import Delivery, untimed_up

log = structlog.get_logger("radio.control")

KEEPALIVE_S = 5
IN_LEN_MAX = 1024
OUT_LEN_MAX = 256
HEALTHY_S = 30.0
_ANSWER_S = 5.0
_AGAIN_S = 0.1
_CONTROL_BYTES_MAX = 8192
COUNTERS = ("control_connects_total", "control_dropped_in_total", "control_dropped_out_total")


@dataclass(frozen=True, slots=True)
class Identity:
    """How one of the hub's connections shows who it is."""

    username: str
    password: str | None = field(default=None, repr=False)
    certificate: tuple[bytes, bytes] | None = field(default=None, repr=False)
    """PEM of a chain and of its key."""


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and who we are there."""

    host: str
    port: int
    timed: Identity
    control: Identity
    authorities: bytes | None = None
    """PEM; None: no TLS."""
    tls: ssl.SSLContext | None = None
    """Of the control connection."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it came, or is to go."""

    topic: str
    payload: bytes
    retained: bool = False


@dataclass(frozen=True, slots=True)
class _Outgoing:
    message: Message
    delivery: Delivery
    response_topic: str
    correlation: bytes


Take = Callable[[Message], None]


class Control:
    """One for a run of the adapter. ``run`` holds the connection until cancelled."""

    def __init__(self, broker: Broker, root: str, counters: Counters) -> None:
        self._broker = broker
        self._root = root
        self._counters = counters
        self._out: asyncio.Queue[_Outgoing] = asyncio.Queue(OUT_LEN_MAX)
        self.up = False
        """Connected and subscribed."""

    def publish(
        self, message: Message, delivery: Delivery, *, response_topic: str = "", correlation: bytes = b""
    ) -> None:
        """Queue a message; dropped and counted when too many wait."""
        try:
            self._out.put_nowait(_Outgoing(message, delivery, response_topic, correlation))
        except asyncio.QueueFull:
            self._counters.add("control_dropped_out_total")

    async def run(self, take: Take) -> None:
        """Connect again and again."""
        delays = delays_s()
        clock = asyncio.get_running_loop().time
        while not told_to_end():
            since = clock()
            try:
                await self._connection(take)
            except (aiomqtt.MqttError, OSError, TimeoutError) as error:
                log.info("the broker is away", host=self._broker.host, why=str(error))
            finally:
                self.up = False
            if clock() - since > HEALTHY_S:
                delays = delays_s()
            await asyncio.sleep(next(delays))

    async def _connection(self, take: Take) -> None:
        identity = self._broker.control
        async with aiomqtt.Client(
            self._broker.host,
            self._broker.port,
            username=identity.username,
            password=identity.password,
            identifier=identity.username,
            protocol=aiomqtt.ProtocolVersion.V5,
            clean_start=True,
            keepalive=KEEPALIVE_S,
            timeout=_ANSWER_S,
            tls_context=self._broker.tls,
            properties=_connect_properties(),
            queue_type=self._inbox(),
            max_queued_outgoing_messages=OUT_LEN_MAX,
        ) as client:
            for topic in untimed_up(self._root):
                await client.subscribe(topic, qos=1)
            self._counters.add("control_connects_total")
            self.up = True
            await _first_ends(self._receive(client, take), self._send(client))

    async def _receive(self, client: aiomqtt.Client, take: Take) -> None:
        async for message in client.messages:
            take(Message(str(message.topic), message.payload, retained=bool(message.retain)))

    async def _send(self, client: aiomqtt.Client) -> None:
        while not told_to_end():
            waiting = await self._out.get()
            await client.publish(
                waiting.message.topic,
                waiting.message.payload,
                qos=waiting.delivery.qos,
                retain=waiting.delivery.retain,
                properties=_publish_properties(waiting),
            )

    def _inbox(self) -> type[asyncio.Queue[aiomqtt.Message]]:
        counters = self._counters

        class Inbox(asyncio.Queue[aiomqtt.Message]):
            """Drops and counts where aiomqtt would log a line for each message."""

            def __init__(self, maxsize: int = 0) -> None:  # noqa: ARG002 - the bound is ours
                super().__init__(IN_LEN_MAX)

            def put_nowait(self, item: aiomqtt.Message) -> None:
                if self.full():
                    counters.add("control_dropped_in_total")
                else:
                    super().put_nowait(item)

        return Inbox


async def _first_ends(*works: Awaitable[None]) -> None:
    """Run all until one ends or fails; the others are cancelled."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            # Once is not enough: wait_for, which the client uses, may lose a cancellation that comes
            # together with its result (fixed in Python 3.12).
            while not task.done():
                task.cancel()
                await asyncio.wait([task], timeout=_AGAIN_S)
            if not task.cancelled():
                task.exception()  # it was told of already, or comes of the cancellation


def _connect_properties() -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = 0
    properties.MaximumPacketSize = _CONTROL_BYTES_MAX + 512
    return properties


def _publish_properties(waiting: _Outgoing) -> Properties:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    if waiting.delivery.expiry_s is not None:
        properties.MessageExpiryInterval = waiting.delivery.expiry_s
    if waiting.response_topic:
        properties.ResponseTopic = waiting.response_topic
    if waiting.correlation:
        properties.CorrelationData = waiting.correlation
    return properties
