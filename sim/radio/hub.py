"""The hub's side of the radio contract v1, for one bridge: heartbeats, session, keys, frames.

Written from the contract alone; it shares no code with the product. Its clock is this machine's
CLOCK_MONOTONIC, as the bridge's is, so that ages can be judged to the microsecond.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiomqtt
import msgpack  # type: ignore[import-untyped]  # publishes no types
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

PCMU = "pcmu/8000/1"
OPUS = "opus/48000/1"
FRAME_US = 20_000
_PATIENCE_S = 15.0
_CLOCK_EVERY_US = 1_000_000
_QUEUE_LEN_MAX = 20_000


@dataclass(frozen=True, slots=True)
class Broker:
    """Where it is, and who we are there."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Said:
    """One message of the bridge."""

    at_us: int
    last: str
    """Topic behind ``{root}/1/{bridge}/up/``."""
    body: Any


@dataclass(slots=True)
class Terms:
    """What the hub lets a channel do (cfg)."""

    codec: str = PCMU
    en: str = "rxtx"
    wd: int = 300
    late: int = 250
    tot: int = 60_000
    pen: int = 3000

    def wire(self) -> dict[str, Any]:
        return {
            "rx": self.codec,
            "tx": self.codec,
            "pt": 20,
            "ag": 1,
            "en": self.en,
            "wd": self.wd,
            "late": self.late,
            "tot": self.tot,
            "pen": self.pen,
        }


class FakeHub:
    """Made by ``fake_hub``; takes one bridge's session whenever it appears."""

    def __init__(self, client: aiomqtt.Client, bridge: str, epoch: int, terms: dict[str, Terms]) -> None:
        self._client = client
        self._bridge = bridge
        self._probe = 0
        self._news = asyncio.Event()
        self.epoch = epoch
        self.terms = terms
        self.said: list[Said] = []
        """All that the bridge said."""
        self.sent_us: dict[bytes, int] = {}
        """When the first sample of each frame was spoken."""
        self.sid = ""
        self.beats = True
        self._recorded: list[tuple[str, bytes, int]] | None = None

    # -- being a hub -------------------------------------------------------------------------

    async def run(self) -> None:
        """Announce ourselves, beat, take sessions, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            await self._client.subscribe(f"rb/1/{self._bridge}/up/#", qos=1)
            await self.announce(on=True)
            tasks.create_task(self._listen())
            tasks.create_task(self._beat())

    async def announce(self, *, on: bool, epoch: int | None = None) -> None:
        body = {"v": 1, "on": on, "ep": self.epoch if epoch is None else epoch}
        await self._client.publish("rb/1/hub/state", msgpack.packb(body), qos=1, retain=True)

    async def heartbeat(self, *, t: int | None = None) -> None:
        self._probe += 1
        body = {"v": 1, "ep": self.epoch, "q": self._probe, "t": now_us() if t is None else t}
        await self.publish("hb", msgpack.packb(body))

    async def configure(self) -> None:
        """Take the session; every channel gets its terms."""
        channels = {name: terms.wire() for name, terms in self.terms.items()}
        body = {"v": 1, "sid": self.sid, "pv": 1, "ep": self.epoch, "hb": 1000, "ch": channels}
        await self.publish("cfg", msgpack.packb(body), qos=1)

    async def publish(self, last: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> None:
        """Any bytes on ``dn/{last}``."""
        if self._recorded is not None:
            self._recorded.append((last, payload, qos))
        await self._client.publish(f"rb/1/{self._bridge}/dn/{last}", payload, qos=qos, retain=retain)

    async def command(self, channel: str, **fields: Any) -> bytes:  # noqa: ANN401 - keys of the wire
        """Send a command; its correlation data."""
        correlation = secrets.token_bytes(8)
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.CorrelationData = correlation
        properties.ResponseTopic = f"rb/1/{self._bridge}/up/re"
        body = msgpack.packb({"v": 1, "ep": self.epoch, **fields})
        topic = f"rb/1/{self._bridge}/dn/ch/{channel}/cmd"
        await self._client.publish(topic, body, qos=1, properties=properties)
        return correlation

    def record(self) -> list[tuple[str, bytes, int]]:
        """A list that everything published from now on is added to: where, what, QoS."""
        self._recorded = []
        return self._recorded

    # -- the floor ---------------------------------------------------------------------------

    async def key(self, channel: str, token: int = 0, **over: Any) -> int:  # noqa: ANN401 - keys of the wire
        """Ask for air; the token."""
        token = token or secrets.randbelow(2**32 - 1) + 1
        body = {
            "v": 1,
            "op": "key",
            "tok": token,
            "pr": 64,
            "ep": self.epoch,
            "t": now_us(),
            "cod": self.terms[channel].codec,
            "lim": 60_000,
            "src": {"ty": "web", "id": "7", "al": "Desk"},
            "org": "web:7",
            "hop": 1,
            **over,
        }
        await self.publish(f"ch/{channel}/floor", msgpack.packb(body), qos=1)
        return token

    async def release(self, channel: str, token: int, last: int) -> None:
        body = {"v": 1, "op": "rel", "tok": token, "ls": last}
        await self.publish(f"ch/{channel}/floor", msgpack.packb(body), qos=1)

    async def granted(self, channel: str) -> int:
        """Key until it is granted (at first the bridge does not know our clock yet); the token."""
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                token = await self.key(channel)
                if (await self.floor(channel, "grant", "deny", token=token))["op"] == "grant":
                    return token
                await asyncio.sleep(0.1)

    async def floor(self, channel: str, *ops: str, token: int) -> dict[str, Any]:
        """The bridge's first word of these ops on this token. Raises TimeoutError."""
        found = await self.hears(
            lambda said: (
                said.last == f"ch/{channel}/floor" and said.body["op"] in ops and said.body["tok"] == token
            )
        )
        body: dict[str, Any] = found.body
        return body

    async def say(
        self, channel: str, token: int, frames: Sequence[bytes], *, first: int = 0, ends: bool = True
    ) -> None:
        """Frames in real time under this token, from message number ``first``; then the end, three times."""
        began_us = now_us()
        for number, frame in enumerate(frames, start=first):
            spoken_us = began_us + (number - first) * FRAME_US
            self.sent_us[frame] = spoken_us
            await self.frame(channel, token, number, [frame], spoken_us)
            await asyncio.sleep(max(0.0, (spoken_us + FRAME_US - now_us()) / 1e6))
        if ends:
            await self.end(channel, token, first + len(frames))

    async def frame(
        self, channel: str, token: int, number: int, frames: list[bytes], spoken_us: int, flags: int = 0
    ) -> None:
        """One tx message; the clock rides on the first and then on every 50th."""
        message: list[Any] = [1, token, number, number * 160, flags | (number == 0), frames]
        if number % (_CLOCK_EVERY_US // FRAME_US) == 0:
            message.append({"c": spoken_us})
        await self.publish(f"ch/{channel}/tx", msgpack.packb(message))

    async def end(self, channel: str, token: int, number: int) -> None:
        """End flag at 0, 20 and 60 ms, and the release."""
        message = msgpack.packb([1, token, number, number * 160, 2, []])
        await self.publish(f"ch/{channel}/tx", message)
        await self.release(channel, token, number)
        for pause_s in (0.02, 0.04):
            await asyncio.sleep(pause_s)
            await self.publish(f"ch/{channel}/tx", message)

    # -- listening ---------------------------------------------------------------------------

    async def hears(self, wanted: Callable[[Said], bool], *, after: int = 0) -> Said:
        """The first message like that, from number ``after`` on. Raises TimeoutError."""
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                for said in self.said[after:]:
                    if wanted(said):
                        return said
                self._news.clear()
                await self._news.wait()

    async def ready(self) -> None:
        """The bridge is configured and knows our clock: the next key is granted."""
        began = len(self.said)
        await self.hears(lambda said: said.last == "state" and said.body["on"])
        fresh = self._probe + 2  # two probes half a second apart make a clock
        await self.hears(lambda said: said.last == "hb" and said.body.get("e", [0])[0] >= fresh, after=began)

    def heard(self, last: str) -> list[Said]:
        """What came on ``up/{last}``."""
        return [said for said in self.said if said.last == last]

    def streams(self, channel: str) -> dict[int, list[Any]]:
        """Received audio messages by stream, in the order they came; the repeated ends once."""
        found: dict[int, list[Any]] = {}
        for said in self.heard(f"ch/{channel}/rx"):
            messages = found.setdefault(said.body[1], [])
            if said.body not in messages:
                messages.append(said.body)
        return found

    async def _listen(self) -> None:
        start = len(f"rb/1/{self._bridge}/up/")
        async for message in self._client.messages:
            body = msgpack.unpackb(bytes(message.payload), strict_map_key=False) if message.payload else None
            said = Said(now_us(), str(message.topic)[start:], body)
            self.said.append(said)
            self._news.set()
            if said.last == "state" and body is not None and body["on"]:
                self.sid = body["sid"]
                await self.configure()
            if _told_to_end():
                return

    async def _beat(self) -> None:
        while not _told_to_end():
            if self.beats:
                await self.heartbeat()
            await asyncio.sleep(1.0 if self._probe > 3 else 0.55)  # two, half a second apart, give sync


def _told_to_end() -> bool:
    """``asyncio.wait_for`` of Python 3.11, inside aiomqtt's ``publish``, can swallow a cancellation."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


@asynccontextmanager
async def fake_hub(
    broker: Broker, bridge: str, *channels: str, epoch: int = 1, terms: Terms | None = None
) -> AsyncIterator[FakeHub]:
    """A hub on this broker; off, and said so, at the end. Raises MqttError."""
    will = aiomqtt.Will(
        "rb/1/hub/state", msgpack.packb({"v": 1, "on": False, "ep": epoch}), qos=1, retain=True
    )
    async with aiomqtt.Client(
        broker.host,
        broker.port,
        username=broker.username,
        password=broker.password,
        protocol=aiomqtt.ProtocolVersion.V5,
        will=will,
        max_queued_incoming_messages=_QUEUE_LEN_MAX,
    ) as client:
        hub = FakeHub(client, bridge, epoch, {channel: terms or Terms() for channel in channels})
        running = asyncio.create_task(hub.run())
        try:
            yield hub
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError, aiomqtt.MqttError, ExceptionGroup):
                await asyncio.wait_for(running, 5)
            with contextlib.suppress(aiomqtt.MqttError):
                await hub.announce(on=False)


def now_us() -> int:
    """CLOCK_MONOTONIC, microseconds."""
    return time.monotonic_ns() // 1000
