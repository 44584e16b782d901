"""The life of a bridge: a broker out of the list, the session with the hub, and a clean stop.

Losing the broker unkeys at once; what the radio hears meanwhile is lost. The next connection is tried with
backoff, from the head of the list.
"""

import asyncio
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

import structlog

from adapters._kit.delays import delays_s
from adapters.bridges.brokers import BrokerUnusable, resolve
from adapters.bridges.channel import Channel
from adapters.bridges.config import SiteConfig
from adapters.bridges.inbox import Inbox
from adapters.bridges.mqtt import BrokerRefused, Connection, Will
from adapters.bridges.native import RadioUplink
from adapters.bridges.ptt_watchdog import now_us
from adapters.bridges.radio import ChannelSetup, RadioAdapter, Talking
from adapters.bridges.session import Session, wall_ms
from adapters.bridges.transmitter import Transmitter
from adapters.radio.contract.codec import encode
from adapters.radio.contract.topics import VERSION, Kind, topic
from adapters.radio.contract.up import Birth, State

log = structlog.get_logger("bridge")

HEARTBEAT_S = 1.0
_HEALTHY_S = 30.0
_CONFIGURED_S = 5.0
_UNREACHABLE = (BrokerRefused, BrokerUnusable, OSError, TimeoutError)


class Site:
    """Implements ``RadioSink`` for its radio. ``run`` once."""

    def __init__(self, config: SiteConfig, radio: RadioAdapter) -> None:
        self._config = config
        self._radio = radio
        self._session = Session(config.bridge, config.root)
        self._uplink = RadioUplink(sid=self._session.id)
        self._transmitter = Transmitter(config.ptt_edges, self._transmitter_failed)
        self._channels = {
            channel.id: Channel(channel, self._session, radio, self._transmitter)
            for channel in config.channels
        }
        self._stopping = False
        self._inbox = Inbox(self._session, self._channels, self._uplink, radio)

    async def run(self, stopped: asyncio.Event, ready: Callable[[], None]) -> None:
        """Serve until stopped; ``ready`` is called after the first connection. Raises OSError, ValueError,
        WatchdogFailed for what must be put right first.
        """
        await self._transmitter.start()
        try:
            await self._radio.open(self._setups(), self)
            async with asyncio.TaskGroup() as tasks:
                serving = [
                    tasks.create_task(self._transmitter.keep(), name="ptt watchdog"),
                    tasks.create_task(self._beat(), name="heartbeat"),
                    tasks.create_task(self._inbox.run(), name="commands"),
                    tasks.create_task(self._connect(ready), name="broker"),
                ]
                await stopped.wait()
                await self._say_goodbye()
                for task in serving:
                    task.cancel()
        finally:
            await self._transmitter.close()
            await self._radio.close()

    # -- RadioSink ---------------------------------------------------------------------------

    def carrier(self, channel: str, *, on: bool, rssi_dbm: int | None = None) -> None:
        self._channels[channel].carrier(on=on, rssi_dbm=rssi_dbm)

    def received(self, channel: str, frame: bytes, captured_us: int) -> None:
        self._channels[channel].received(frame, captured_us)

    def talker(self, channel: str, talking: Talking) -> None:
        self._channels[channel].talker(talking)

    def emergency(self, channel: str, *, on: bool, talking: Talking) -> None:
        self._channels[channel].emergency(talking, on=on)

    def fault(self, channel: str, code: str) -> None:
        self._channels[channel].fault(code)

    # -- the connection ----------------------------------------------------------------------

    async def _connect(self, ready: Callable[[], None]) -> None:
        clock = asyncio.get_running_loop().time
        delays = delays_s()
        while True:
            for broker in self._config.brokers:
                try:
                    address = resolve(broker, self._config.bridge)
                    connection = await Connection.open(
                        address, self._config.bridge, self._will(), self._inbox.take
                    )
                except _UNREACHABLE as error:
                    log.warning(
                        "no broker there", broker=broker.url or str(broker.url_file), error=str(error)
                    )
                    continue
                since = clock()
                try:
                    await self._introduce(connection)
                    log.info("connected", broker=str(address))
                    ready()
                    self._expect_configuration()
                    why = await connection.lost()
                except BrokerRefused as refused:
                    why = str(refused)
                finally:
                    self._parted()
                    connection.abort("stopped")
                if not self._stopping:
                    log.warning("connection lost", broker=str(address), why=why)
                if clock() - since > _HEALTHY_S:
                    delays = delays_s()
                break  # from the head of the list
            await asyncio.sleep(next(delays))

    async def _introduce(self, connection: Connection) -> None:
        """Subscribe, say who we are, and from then on take part. Raises BrokerRefused."""
        await connection.subscribe(self._inbox.topics())
        session = self._session
        session.connection = connection
        session.say(Kind.STATE, State(on=True, session=session.id, t=now_us(), w=wall_ms()))
        session.say(Kind.BIRTH, self._birth())
        for channel in self._channels.values():
            channel.board.publish()
            channel.broker(up=True)
        self._heartbeat()

    def _expect_configuration(self) -> None:
        """A subscription that the broker's access list forbids is granted all the same: silence tells."""
        self._inbox.configured = False

        def look() -> None:
            if not self._inbox.configured and self._session.connection is not None:
                log.warning("no word from the hub: does it know this bridge, may this bridge read its topics")

        asyncio.get_running_loop().call_later(_CONFIGURED_S, look)

    def _parted(self) -> None:
        self._session.connection = None
        for channel in self._channels.values():
            channel.broker(up=False)

    async def _say_goodbye(self) -> None:
        """Unkey, then leave in order: the broker would say "lwt" for us, which means broken."""
        self._stopping = True
        for channel in self._channels.values():
            channel.shutdown()
        session, connection = self._session, self._session.connection
        if connection is None:
            return
        number = session.publish(Kind.STATE, encode(State(on=False, session=session.id, why="stop")))
        try:
            if number is not None:
                await connection.confirmed(number)
        except BrokerRefused:
            log.warning("the broker did not take our goodbye")
        await connection.close()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            self._heartbeat()

    def _heartbeat(self) -> None:
        session = self._session
        fences = [channel.counters() for channel in self._channels.values()]
        payload = self._uplink.heartbeat(
            now_us(),
            wall_ms(),
            queued=session.connection.queued if session.connection is not None else 0,
            dropped=session.counters.read()["dropped"],
            late=sum(fence["late"] for fence in fences),
            bad=session.counters.read()["bad"] + sum(fence["bad"] for fence in fences),
        )
        session.publish(Kind.HEARTBEAT, payload)

    def _birth(self) -> Birth:
        try:
            software = f"crosspatch {version('crosspatch')}"
        except PackageNotFoundError:
            software = "crosspatch"
        return Birth(
            session=self._session.id,
            versions=(VERSION, VERSION),
            channels=[channel.describe() for channel in self._channels.values()],
            software=software,
            adapter=self._radio.name,
            name=self._config.name,
            media=["mqtt"],
        )

    def _will(self) -> Will:
        state = State(on=False, session=self._session.id, why="lwt")
        return Will(topic(self._session.address(Kind.STATE), self._config.root), encode(state))

    def _setups(self) -> list[ChannelSetup]:
        return [
            ChannelSetup(channel.id, channel.codec.value, channel.parrot_ms, channel.squelch_tail_ms)
            for channel in self._config.channels
        ]

    def _transmitter_failed(self) -> None:
        for channel in self._channels.values():
            if channel.keyed:
                channel.transmitter_failed()
