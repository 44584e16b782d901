"""The extension as the hub uses it, with an independent peer (aiortc) at the other end."""

import asyncio
import select
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack
from av import AudioFrame

from gateway import _native

if TYPE_CHECKING:
    # The stub's name for what drain returns; the extension itself has no such attribute.
    from gateway._native import Event

PATIENCE_S = 10.0


@contextmanager
def plane(*, shards: int = 1, sessions_max: int = 8, forwarding: bool = True) -> Iterator[_native.Plane]:
    made = _native.Plane(
        shards=shards,
        listen=["127.0.0.1"],
        announce=[],
        port=0,
        sessions_max=sessions_max,
        data_message_bytes_max=16_384,
        forwarding=forwarding,
    )
    try:
        yield made
    finally:
        made.stop()


class Hub:
    """Drains a plane when its descriptor rings, as the event loop of the gateway does."""

    def __init__(self, driven: _native.Plane) -> None:
        self.plane = driven
        self.events: list[Event] = []
        self._rang = asyncio.Event()
        asyncio.get_running_loop().add_reader(driven.event_fd(), self._drain)

    def _drain(self) -> None:
        self.events.extend(self.plane.drain())
        self._rang.set()

    async def until(self, kind: str, session: int) -> "Event":
        """The event of this kind that names this session."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for event in self.events:
                    if event[0] == kind and session in event[1:3]:
                        return event
                self._rang.clear()
                await self._rang.wait()

    def leave(self) -> None:
        asyncio.get_running_loop().remove_reader(self.plane.event_fd())


def final_counters(driven: _native.Plane) -> dict[str, int]:
    """Stop the plane, then read: a thread tells its events first and publishes its counts after."""
    driven.stop()
    return driven.counters()


@asynccontextmanager
async def hub(driven: _native.Plane) -> AsyncIterator[Hub]:
    made = Hub(driven)
    try:
        yield made
    finally:
        made.leave()


async def call(at: Hub, session: int, *, publishes: bool) -> RTCPeerConnection:
    """Connect an aiortc peer: with a microphone, or with one line to hear on."""
    peer = RTCPeerConnection()
    if publishes:
        peer.addTransceiver(AudioStreamTrack(), direction="sendonly")
    else:
        peer.addTransceiver("audio", direction="recvonly")
    await peer.setLocalDescription(await peer.createOffer())
    slots = 0 if publishes else 1
    at.plane.accept(session + 100, session, peer.localDescription.sdp, audio_slots=slots, publishes=publishes)
    answered = await at.until("answered", session)
    assert answered[0] == "answered"
    assert answered[1] == session + 100
    await peer.setRemoteDescription(RTCSessionDescription(sdp=answered[3], type="answer"))
    await at.until("up", session)
    return peer


@pytest.mark.parametrize("shards", [1, 3])
async def test_an_aiortc_listener_hears_an_aiortc_publisher(shards: int) -> None:
    with plane(shards=shards) as driven:
        async with hub(driven) as at:
            talker = await call(at, 1, publishes=True)
            listener = await call(at, 2, publishes=False)
            driven.join(7, 1, hear=True)
            driven.join(7, 2, hear=True)
            driven.open_gate(7, 1, 5, 0)
            async with asyncio.timeout(PATIENCE_S):
                frame = await listener.getReceivers()[0].track.recv()
            assert isinstance(frame, AudioFrame)
            assert frame.sample_rate == 48_000
            await talker.close()
            await listener.close()
            assert await at.until("down", 1) == ("down", 1, "peer")
            assert final_counters(driven)["media_forwarded_total"] > 0


async def test_the_gate_limit_ends_a_talkspurt_and_names_it() -> None:
    with plane() as driven:
        async with hub(driven) as at:
            talker = await call(at, 1, publishes=True)
            driven.join(7, 1, hear=True)
            driven.open_gate(7, 1, 5, 200)
            assert await at.until("limit", 1) == ("limit", 7, 1, 5)
            await talker.close()


async def test_an_offer_that_is_no_sdp_is_refused_with_a_reason() -> None:
    with plane() as driven:
        async with hub(driven) as at:
            driven.accept(9, 1, "hello", audio_slots=1, publishes=True)
            refused = await at.until("refused", 1)
            assert refused == ("refused", 9, 1, "the offer has no media line")
            assert final_counters(driven)["sessions_refused_total"] == 1


async def test_closing_a_session_leaves_nothing_behind() -> None:
    with plane(shards=3) as driven:
        async with hub(driven) as at:
            peers = [await call(at, session, publishes=False) for session in (1, 2, 3)]
            for session in (1, 2, 3):
                driven.join(7, session, hear=True)
                driven.close(session)
                assert await at.until("down", session) == ("down", session, "closed")
            for peer in peers:
                await peer.close()
            counters = final_counters(driven)
            assert (counters["sessions"], counters["rooms"], counters["panics_total"]) == (0, 0, 0)


async def test_one_session_more_than_the_limit_is_busy() -> None:
    with plane(sessions_max=1) as driven:
        async with hub(driven) as at:
            peer = await call(at, 1, publishes=False)
            with pytest.raises(BlockingIOError, match="limit of sessions"):
                driven.accept(2, 2, "hello", audio_slots=1, publishes=True)
            await peer.close()


def test_the_bell_is_silent_after_a_drain() -> None:
    with plane() as driven:
        driven.accept(1, 1, "hello", audio_slots=1, publishes=True)
        assert select.select([driven.event_fd()], [], [], PATIENCE_S)[0]
        driven.drain()
        assert not select.select([driven.event_fd()], [], [], 0)[0]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"shards": 0}, "shards"),
        ({"listen": []}, "listen"),
        ({"listen": ["localhost"]}, "listen"),
        ({"listen": ["0.0.0.0"]}, "announce"),  # noqa: S104
        ({"announce": ["::"]}, "announce"),
        ({"port": 65_535, "shards": 2}, "port"),
    ],
)
def test_a_value_that_cannot_work_is_named(wrong: dict[str, object], named: str) -> None:
    values: dict[str, object] = {
        "shards": 1,
        "listen": ["127.0.0.1"],
        "announce": [],
        "port": 0,
        "sessions_max": 1,
        "data_message_bytes_max": 1_000,
        "forwarding": True,
    }
    with pytest.raises(ValueError, match=named):
        _native.Plane(**{**values, **wrong})  # type: ignore[arg-type]


def test_an_unknown_channel_is_named() -> None:
    with plane() as driven, pytest.raises(ValueError, match="slow"):
        driven.send(1, "slow", b"")


def test_a_stopped_plane_can_be_stopped_again() -> None:
    with plane(shards=3) as driven:
        driven.stop()
        assert len(driven.ports()) == 3
