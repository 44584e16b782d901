"""The simulated radio as an adapter."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import structlog

from adapters.bridges.radio import ChannelSetup, RadioSink, Talking
from adapters.bridges.simulated.air import Air
from adapters.bridges.simulated.control import Control, Order
from adapters.bridges.simulated.reception import Heard, play
from adapters.bridges.simulated.sound import read_sound
from adapters.radio.contract.down import Command
from adapters.radio.contract.names import Operation, Why

log = structlog.get_logger("simulated")

_QUEUE_LEN_MAX = 8
"""Transmissions to be heard one after the other; one more is refused."""
_DONE_AT_ONCE = {Operation.EMERGENCY_ACK, Operation.TEST, Operation.MONITOR, Operation.MUTE}


class SimulatedRadio:
    """Implements ``RadioAdapter``; files below ``folder``, orders on ``control``."""

    name = "simulated"

    def __init__(self, folder: Path, control: Path | None) -> None:
        self._folder = folder
        self._control = Control(control, self._obey) if control is not None else None
        self._channels: dict[str, _SimulatedChannel] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self, channels: Sequence[ChannelSetup], sink: RadioSink) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for setup in channels:
            channel = self._channels[setup.id] = _SimulatedChannel(setup, self._folder, sink)
            self._tasks.append(asyncio.create_task(channel.listen(), name=f"air of {setup.id}"))
        if self._control is not None:
            await self._control.open()

    def transmit(self, channel: str, frame: bytes, age_us: int) -> None:
        self._channels[channel].air.frame(frame, age_us)

    def flush(self, channel: str) -> None:
        """Frames go out as they come: there is nothing to discard."""

    def keyed(self, channel: str, *, on: bool) -> None:
        self._channels[channel].keyed(on=on)

    async def command(self, channel: str, command: Command) -> Why | None:
        return None if command.op in _DONE_AT_ONCE and channel in self._channels else Why.HARDWARE

    async def close(self) -> None:
        if self._control is not None:
            await self._control.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for channel in self._channels.values():
            channel.air.close()

    async def _obey(self, order: Order) -> None:
        channel = self._channels.get(order.channel)
        if channel is None:
            raise ValueError(f"no channel {order.channel!r}; one of {', '.join(self._channels)}")
        await channel.obey(order)


class _SimulatedChannel:
    def __init__(self, setup: ChannelSetup, folder: Path, sink: RadioSink) -> None:
        self._setup = setup
        self._sink = sink
        self._parrot_ms = setup.parrot_ms
        self._heard: asyncio.Queue[tuple[Heard, asyncio.Event]] = asyncio.Queue(_QUEUE_LEN_MAX)
        self.air = Air(folder, setup.id, setup.codec)

    async def listen(self) -> None:
        """Play what is to be heard, one after the other."""
        while True:
            heard, done = await self._heard.get()
            try:
                await play(heard, self._setup.id, self._setup.codec, self._sink, lambda: self.air.keyed)
            finally:
                done.set()

    def keyed(self, *, on: bool) -> None:
        was_on = self.air.keyed
        said = self.air.key(on=on)
        if was_on and not on and self._setup.squelch_tail_ms:
            self._hear(Heard(b"", tail_ms=self._setup.squelch_tail_ms))
        if said and self._parrot_ms:
            answer = Heard(said, talking=Talking("parrot", "Parrot"))
            asyncio.get_running_loop().call_later(self._parrot_ms / 1000, self._hear, answer)

    async def obey(self, order: Order) -> None:
        """Raises ValueError, OSError for what cannot be done."""
        talking = Talking(order.id, order.alias, order.group)
        match order.op:
            case "receive":
                pcm = read_sound(Path(order.file), self.air.rate_hz)
                named = talking if talking != Talking() else None
                done = self._hear(Heard(pcm, order.rssi, order.tail_ms, named))
                if done is None:
                    raise ValueError(f"{_QUEUE_LEN_MAX} transmissions wait already")
                if order.wait:
                    await done.wait()
            case "carrier":
                self._sink.carrier(self._setup.id, on=order.on, rssi_dbm=order.rssi if order.on else None)
            case "emergency":
                self._sink.emergency(self._setup.id, on=order.on, talking=talking)
            case "fault":
                self._sink.fault(self._setup.id, order.code)
            case "parrot":
                self._parrot_ms = order.pause_ms

    def _hear(self, heard: Heard) -> asyncio.Event | None:
        done = asyncio.Event()
        try:
            self._heard.put_nowait((heard, done))
        except asyncio.QueueFull:
            log.warning("too many transmissions at once, one is not heard", channel=self._setup.id)
            return None
        return done
