"""One MQTT 5 connection on the event loop, over paho's protocol engine.

Everything runs on the loop's thread but the connecting itself, which may wait for names, TCP and TLS. A
connection is made once and never revived: what lay in its queues when it broke is gone with it, as it must be
with speech and keys. Clean start, session expiry 0, last will, TCP_NODELAY.
"""

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from adapters.bridges.brokers import Address
from adapters.radio.contract.topics import Delivery

KEEPALIVE_S = 5
_CONNECT_S = 5.0
_ANSWER_S = 5.0
_BYE_S = 1.0
_RECEIVE_MAXIMUM = 16
_PACKET_BYTES_MAX = 8192
_SEND_BUFFER_BYTES = 16_384
_USER_TIMEOUT_MS = 3000
"""Unacknowledged so long, the kernel gives the connection up."""
_QUEUE_LEN_MAX = 64
"""Control messages waiting; one more breaks the connection."""
_REFUSES_FROM = 128
"""Reason codes from here on say no (MQTT 5 section 2.4)."""
FRAME_WAIT_S = 0.1
"""With a frame waiting so long, newer ones are dropped at the source."""
BLOCKED_S = 1.0
"""With one waiting so long, the connection is broken: the backlog in the kernel dies with it."""


class BrokerRefused(Exception):
    """The broker did not take us; the text says why."""


@dataclass(frozen=True, slots=True)
class Message:
    """What came in."""

    topic: str
    payload: bytes
    retained: bool
    correlation: bytes


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says for us when the connection breaks; QoS 1, retained."""

    topic: str
    payload: bytes


class Connection:
    """``open`` it, ``subscribe``, publish; ``lost`` says when it is over. Closed by ``close``."""

    def __init__(self, client: paho.Client, on_message: Callable[[Message], None]) -> None:
        self._client = client
        self._on_message = on_message
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[str] = self._loop.create_future()
        self._greeted: asyncio.Future[ReasonCode] = self._loop.create_future()
        self._answers: dict[int, asyncio.Future[list[ReasonCode]]] = {}
        self._frames: deque[tuple[float, paho.MQTTMessageInfo]] = deque()
        """Frames not handed to the kernel yet, oldest first; at most what 100 ms bring."""
        self._tick: asyncio.TimerHandle | None = None

    @classmethod
    async def open(
        cls, address: Address, client_id: str, will: Will, on_message: Callable[[Message], None]
    ) -> "Connection":
        """Connect and log in. Raises BrokerRefused, OSError, TimeoutError."""
        client = _client(address, client_id, will)
        properties = _properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 0
        properties.ReceiveMaximum = _RECEIVE_MAXIMUM
        properties.MaximumPacketSize = _PACKET_BYTES_MAX
        await asyncio.to_thread(
            client.connect,
            address.host,
            address.port,
            keepalive=KEEPALIVE_S,
            clean_start=True,
            properties=properties,
        )
        connection = cls(client, on_message)
        connection._attach()
        await connection._logged_in()
        return connection

    async def _logged_in(self) -> None:
        try:
            await asyncio.wait(
                (self._greeted, self._over), timeout=_ANSWER_S, return_when=asyncio.FIRST_COMPLETED
            )
        except BaseException:
            self.abort("given up")
            raise
        if not self._greeted.done():
            self.abort("no answer")
            raise BrokerRefused(self._over.result())
        if (reason := self._greeted.result()).is_failure:
            self.abort(str(reason))
            raise BrokerRefused(str(reason))

    async def subscribe(self, topics: Mapping[str, int]) -> None:
        """QoS by topic; only what is said from now on, except retained messages. Raises BrokerRefused."""
        wanted = [(name, SubscribeOptions(qos, retainHandling=0)) for name, qos in topics.items()]
        _, mid = self._client.subscribe(wanted)
        reasons = await self._answered(mid or 0)
        if any(reason.value >= _REFUSES_FROM for reason in reasons):
            raise BrokerRefused(f"subscription refused: {', '.join(sorted({str(r) for r in reasons}))}")

    def publish(
        self, topic: str, payload: bytes, delivery: Delivery, correlation: bytes | None = None
    ) -> int:
        """Queue a control message; its number for ``confirmed``."""
        properties = _properties(PacketTypes.PUBLISH)
        if delivery.expiry_s is not None:
            properties.MessageExpiryInterval = delivery.expiry_s
        if correlation is not None:
            properties.CorrelationData = correlation
        info = self._client.publish(topic, payload, delivery.qos, delivery.retain, properties)
        if info.rc == paho.MQTT_ERR_QUEUE_SIZE:
            self.abort("control messages pile up")
        return info.mid

    async def confirmed(self, mid: int) -> None:
        """Wait for the broker's word on a QoS 1 message just published. Raises BrokerRefused."""
        for reason in await self._answered(mid):
            if reason.is_failure:
                raise BrokerRefused(str(reason))

    def send_frame(self, topic: str, payload: bytes) -> bool:
        """Send sound, QoS 0. False: dropped, because what was sent before still waits."""
        now = self._loop.time()
        while self._frames and self._frames[0][1].is_published():
            self._frames.popleft()
        waiting_s = now - self._frames[0][0] if self._frames else 0.0
        if waiting_s > BLOCKED_S:
            self.abort("blocked")
        if waiting_s > FRAME_WAIT_S or self._over.done():
            return False
        self._frames.append((now, self._client.publish(topic, payload)))
        return True

    @property
    def queued(self) -> int:
        """Frames not handed to the kernel yet."""
        return len(self._frames)

    async def lost(self) -> str:
        """Wait until the connection is over; why."""
        return await asyncio.shield(self._over)

    async def close(self) -> None:
        """Say goodbye: the broker forgets the will."""
        if not self._over.done():
            self._client.disconnect()
            await asyncio.wait({self._over}, timeout=_BYE_S)
        self.abort("closed")

    def abort(self, why: str) -> None:
        """Break the connection now; unsent bytes are discarded."""
        sock: Any = self._client.socket()
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._detach(sock)
            sock.close()
        self._end(why)

    # -- paho's callbacks --------------------------------------------------------------------

    def _connected(
        self, _client: paho.Client, _userdata: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        if not self._greeted.done():
            self._greeted.set_result(reason)

    def _received(self, _client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        properties: Any = message.properties
        self._on_message(
            Message(
                message.topic,
                bytes(message.payload),
                message.retain,
                getattr(properties, "CorrelationData", b""),
            )
        )

    def _answer(self, mid: int, reasons: Sequence[ReasonCode]) -> None:
        answer = self._answers.get(mid)
        if answer is not None and not answer.done():
            answer.set_result(list(reasons))

    async def _answered(self, mid: int) -> list[ReasonCode]:
        answer: asyncio.Future[list[ReasonCode]] = self._loop.create_future()
        self._answers[mid] = answer
        # Only while somebody asks: paho would call it for every frame.
        self._client.on_publish = lambda _c, _u, mid, reason, _p: self._answer(mid, [reason])
        either: tuple[asyncio.Future[Any], ...] = (answer, self._over)
        try:
            await asyncio.wait(either, timeout=_ANSWER_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._answers[mid]
            if not self._answers:
                self._client.on_publish = None
        if not answer.done():
            raise BrokerRefused("no answer")
        return answer.result()

    # -- the event loop ----------------------------------------------------------------------

    def _attach(self) -> None:
        sock = self._client.socket()
        if sock is None:
            self._end("closed at once")
            return
        client = self._client
        client.on_connect = self._connected
        client.on_disconnect = lambda _c, _u, _f, reason, _p: self._end(str(reason))
        client.on_message = self._received
        client.on_subscribe = lambda _c, _u, mid, reasons, _p: self._answer(mid, reasons)
        client.on_socket_register_write = self._writable_wanted
        client.on_socket_unregister_write = lambda _c, _u, at: self._detach(at, reading=False)
        client.on_socket_close = lambda _c, _u, at: self._detach(at)
        self._loop.add_reader(sock, self._read, sock)
        if self._client.want_write():
            self._loop.add_writer(sock, self._write)
        self._misc()

    def _writable_wanted(self, _client: paho.Client, _userdata: object, sock: Any) -> None:  # noqa: ANN401 - paho's socket
        self._loop.add_writer(sock, self._write)

    def _detach(self, sock: Any, *, reading: bool = True) -> None:  # noqa: ANN401 - plain or TLS
        if sock.fileno() >= 0:
            self._loop.remove_writer(sock)
            if reading:
                self._loop.remove_reader(sock)

    def _read(self, sock: Any) -> None:  # noqa: ANN401 - as above
        self._client.loop_read()
        # What TLS has decrypted already never makes the socket readable again.
        while getattr(sock, "pending", int)() and self._client.socket() is sock:
            self._client.loop_read()

    def _write(self) -> None:
        self._client.loop_write()

    def _misc(self) -> None:
        if not self._over.done():
            self._client.loop_misc()
            self._tick = self._loop.call_later(1.0, self._misc)

    def _end(self, why: str) -> None:
        if not self._over.done():
            self._over.set_result(why)
        if self._tick is not None:
            self._tick.cancel()
            self._tick = None


def _client(address: Address, client_id: str, will: Will) -> paho.Client:
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=paho.MQTTv5)
    client.connect_timeout = _CONNECT_S
    client.max_queued_messages_set(_QUEUE_LEN_MAX)
    client.max_inflight_messages_set(_RECEIVE_MAXIMUM)
    client.username_pw_set(address.username, address.password or None)
    client.will_set(will.topic, will.payload, qos=1, retain=True)
    client.on_socket_open = _tune
    if address.tls is not None:
        client.tls_set_context(address.tls)
    return client


def _properties(kind: int) -> Any:  # noqa: ANN401 - paho sets its attributes by name, without types
    return Properties(kind)  # type: ignore[no-untyped-call]


def _tune(_client: paho.Client, _userdata: object, sock: Any) -> None:  # noqa: ANN401 - as above
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _USER_TIMEOUT_MS)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
