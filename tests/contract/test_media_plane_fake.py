"""The contract of media planes on the fake."""

from collections.abc import AsyncIterator

import pytest

from gateway.model.ids import LegId
from gateway.model.inputs import MediaUp
from gateway.ports.media import Channel
from sim.fakes.media import FakeMediaPlane
from tests.contract.media_phones import PhoneContract
from tests.contract.media_plane import ANN, PROFILE, SESSIONS_MAX, Bench, MediaPlaneContract


class FakeFarEnd:
    """The fake's own idea of a far end."""

    def __init__(self, plane: FakeMediaPlane, leg: LegId) -> None:
        self._plane = plane
        self._leg = leg

    async def offer(self) -> str:
        return "v=0\r\na=ice-ufrag:far\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"

    async def connect(self, _answer: str) -> None:
        self._plane.connect(self._leg)

    async def send(self, channel: Channel, data: bytes) -> None:
        self._plane.receive(self._leg, channel, data)

    async def received(self) -> tuple[Channel, bytes]:
        (_, channel, data) = self._plane.sent.pop(0)
        return channel, data

    async def hang_up(self) -> None:
        self._plane.fail(self._leg, "peer")


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    plane = FakeMediaPlane(connects=False, sessions_max=SESSIONS_MAX)
    yield Bench(plane, lambda leg: FakeFarEnd(plane, leg))
    await plane.stop()


class TestFakeMediaPlane(MediaPlaneContract, PhoneContract):
    async def test_with_connects_an_accepted_offer_connects_by_itself(self) -> None:
        plane = FakeMediaPlane()
        bench = Bench(plane, lambda leg: FakeFarEnd(plane, leg))
        await plane.accept(ANN, await FakeFarEnd(plane, ANN).offer(), PROFILE)
        await bench.until(MediaUp(ANN))
