"""What the hub's configuration changes at a bridge's channel, and what it leaves alone."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import cast

import msgspec
import pytest

from adapters.bridges.channel import Channel
from adapters.bridges.config import ChannelConfig
from adapters.bridges.mqtt import Connection
from adapters.bridges.native import radio_decode
from adapters.bridges.radio import RadioAdapter
from adapters.bridges.session import Session
from adapters.bridges.transmitter import Transmitter
from adapters.radio.contract.down import ChannelTerms
from adapters.radio.contract.names import OPUS, PCMU, Enable
from adapters.radio.contract.topics import Delivery
from adapters.radio.contract.up import Status

FRAME = bytes(3)
TERMS = ChannelTerms(enable=Enable.RXTX, rx=OPUS, tx=OPUS)


@dataclass
class Wire:
    """A connection that takes everything."""

    frames: list[bytes] = field(default_factory=list)
    said: list[tuple[str, bytes]] = field(default_factory=list)

    def publish(
        self, topic: str, payload: bytes, _delivery: Delivery, _correlation: bytes | None = None
    ) -> int:
        self.said.append((topic, payload))
        return len(self.said)

    def send_frame(self, _topic: str, payload: bytes) -> bool:
        self.frames.append(payload)
        return True

    @property
    def streams(self) -> set[int]:
        return {radio_decode("audio", message)["s"] for message in self.frames}

    @property
    def faults(self) -> list[str]:
        """Of the newest status."""
        statuses = [payload for topic, payload in self.said if topic.endswith("/st")]
        return list(msgspec.msgpack.decode(statuses[-1], type=Status).faults)


class Nothing:
    """A radio and a transmitter that do as they are told."""

    def keyed(self, channel: str, *, on: bool) -> None: ...

    def key(self, channel: str) -> None: ...

    def unkey(self, channel: str) -> None: ...

    def flush(self, channel: str) -> None: ...


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def channel(wire: Wire) -> AsyncIterator[Channel]:
    session = Session("hill", "rb")
    session.connection = cast("Connection", wire)
    nothing = Nothing()
    channel = Channel(
        ChannelConfig("vhf1"), session, cast("RadioAdapter", nothing), cast("Transmitter", nothing)
    )
    channel.broker(up=True)
    yield channel
    channel.shutdown()


async def test_the_same_configuration_again_cuts_nothing_that_is_received(
    channel: Channel, wire: Wire
) -> None:
    channel.configure(TERMS)
    channel.carrier(on=True, rssi_dbm=-80)
    for at in range(10):
        channel.configure(TERMS)
        channel.received(FRAME, at * 20_000)
    assert len(wire.frames) == 10
    assert len(wire.streams) == 1


async def test_a_channel_that_is_switched_off_ends_what_it_receives(channel: Channel, wire: Wire) -> None:
    channel.configure(TERMS)
    channel.carrier(on=True, rssi_dbm=-80)
    channel.received(FRAME, 0)
    channel.configure(None)
    channel.received(FRAME, 20_000)
    assert [radio_decode("audio", message)["fl"] for message in wire.frames] == [1, 2]


async def test_a_codec_that_the_channel_does_not_have_is_a_fault_until_the_hub_asks_for_another(
    channel: Channel, wire: Wire
) -> None:
    channel.configure(ChannelTerms(enable=Enable.RXTX, rx=PCMU, tx=PCMU))
    channel.board.publish()
    assert wire.faults == ["codec"]
    channel.configure(TERMS)
    channel.board.publish()
    assert wire.faults == []


async def test_a_fault_of_the_radio_and_the_codecs_are_two(channel: Channel, wire: Wire) -> None:
    channel.fault("swr")
    channel.configure(ChannelTerms(enable=Enable.RXTX, rx=PCMU, tx=PCMU))
    channel.board.publish()
    assert wire.faults == ["codec", "swr"]
    channel.fault("")
    channel.board.publish()
    assert wire.faults == ["codec"]
