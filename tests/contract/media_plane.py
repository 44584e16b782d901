"""What every media plane does, told once; run on the fake and on the native one.

A suite gets a ``Bench``: a plane and a way to make far ends. A far end offers a microphone, one slot and
the two data channels, and connects when it is given the answer. Waits end with an event, never by time
alone; where nothing must happen, something that happens later is waited for.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

import pytest

from gateway.model.ids import LegId, RoomId, TalkspurtId
from gateway.model.inputs import MediaDown, MediaUp, TalkLimitHit
from gateway.model.video import VideoKind
from gateway.ports.media import (
    Channel,
    DataReceived,
    LegProfile,
    MediaEvent,
    MediaPlane,
    OfferRefused,
    PlaneBusy,
)

ANN, BO = LegId("ann"), LegId("bo")
OPS, COMMAND = RoomId("ops"), RoomId("command")
PROFILE = LegProfile(audio_slots=1, publishes=True)
SESSIONS_MAX = 3


class FarEnd(Protocol):
    """A WebRTC endpoint out there."""

    async def offer(self) -> str: ...
    async def connect(self, answer: str) -> None:
        """Take the answer; returns when it is underway."""

    async def send(self, channel: Channel, data: bytes) -> None: ...
    async def received(self) -> tuple[Channel, bytes]:
        """The next message on either channel."""

    async def hang_up(self) -> None:
        """Close in order."""


class Bench:
    """A plane under test, what it said, and its far ends."""

    def __init__(self, plane: MediaPlane, make_far_end: Callable[[LegId], FarEnd]) -> None:
        self.plane = plane
        self.make_far_end = make_far_end
        self.events: list[MediaEvent] = []
        self._news = asyncio.Event()
        plane.on_event(self._take)

    def _take(self, event: MediaEvent) -> None:
        self.events.append(event)
        self._news.set()

    async def until(self, event: MediaEvent) -> None:
        """Wait until the plane has said this."""
        async with asyncio.timeout(15):
            while event not in self.events:
                self._news.clear()
                await self._news.wait()

    async def up(self, leg: LegId = ANN) -> FarEnd:
        """A leg whose transport is connected."""
        before = self.events.count(MediaUp(leg))
        far_end = self.make_far_end(leg)
        answer = await self.plane.accept(leg, await far_end.offer(), PROFILE)
        await far_end.connect(answer)
        async with asyncio.timeout(15):
            while self.events.count(MediaUp(leg)) == before:
                self._news.clear()
                await self._news.wait()
        return far_end

    async def limit_hits_after(self, room: RoomId, leg: LegId, limit_ms: int = 150) -> list[TalkLimitHit]:
        """Let a marker's limit run out in a room of its own; the hits that were said by then."""
        marker = RoomId("marker")
        self.plane.join(marker, leg, hear=False)
        self.plane.open_gate(marker, leg, TalkspurtId(999), limit_ms)
        await self.until(TalkLimitHit(leg, marker, TalkspurtId(999)))
        return [e for e in self.events if isinstance(e, TalkLimitHit) and e.room == room]


class MediaPlaneContract:
    """Inherit and give a ``bench`` fixture."""

    async def test_a_leg_comes_up_once_its_far_end_has_connected(self, bench: Bench) -> None:
        await bench.up()
        assert bench.events == [MediaUp(ANN)]

    @pytest.mark.parametrize(
        "offer",
        [
            "",
            "hello",
            "v=0\r\n",
            "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n",
            "\0" * 99,
        ],
    )
    async def test_what_is_no_offer_is_refused_with_a_reason(self, bench: Bench, offer: str) -> None:
        with pytest.raises(OfferRefused) as refused:
            await bench.plane.accept(ANN, offer, PROFILE)
        assert refused.value.reason
        assert bench.events == []

    async def test_a_refused_offer_leaves_the_legs_transport_as_it_is(self, bench: Bench) -> None:
        far_end = await bench.up()
        with pytest.raises(OfferRefused):
            await bench.plane.accept(ANN, "hello", PROFILE)
        await far_end.send(Channel.RELIABLE, b"still here")
        await bench.until(DataReceived(ANN, Channel.RELIABLE, b"still here"))

    async def test_closing_a_leg_is_said_once(self, bench: Bench) -> None:
        await bench.up()
        for _ in range(3):
            bench.plane.close(ANN)
        await bench.until(MediaDown(ANN, "closed"))
        await bench.up(BO)
        assert bench.events == [MediaUp(ANN), MediaDown(ANN, "closed"), MediaUp(BO)]

    async def test_closing_a_leg_that_never_came_up_is_not_said(self, bench: Bench) -> None:
        await bench.plane.accept(ANN, await bench.make_far_end(ANN).offer(), PROFILE)
        bench.plane.close(ANN)
        await bench.up(BO)
        assert bench.events == [MediaUp(BO)]

    async def test_a_leg_that_is_closed_while_its_offer_is_answered_gets_no_transport(
        self, bench: Bench
    ) -> None:
        offer = await bench.make_far_end(ANN).offer()
        accepting = asyncio.ensure_future(bench.plane.accept(ANN, offer, PROFILE))
        await asyncio.sleep(0)
        bench.plane.close(ANN)
        with pytest.raises(OfferRefused):
            await accepting
        await bench.up(BO)
        assert bench.events == [MediaUp(BO)]

    async def test_a_second_offer_replaces_the_transport(self, bench: Bench) -> None:
        await bench.up()
        await bench.up()
        assert bench.events == [MediaUp(ANN), MediaDown(ANN, "replaced"), MediaUp(ANN)]

    async def test_a_far_end_that_hangs_up_is_told_from_one_that_was_closed(self, bench: Bench) -> None:
        far_end = await bench.up()
        await far_end.hang_up()
        await bench.until(MediaDown(ANN, "peer"))

    async def test_an_armed_limit_is_said_when_it_runs_out(self, bench: Bench) -> None:
        await bench.up()
        bench.plane.join(OPS, ANN, hear=True)
        bench.plane.open_gate(OPS, ANN, TalkspurtId(7), 50)
        await bench.until(TalkLimitHit(ANN, OPS, TalkspurtId(7)))
        assert await bench.limit_hits_after(OPS, ANN) == [TalkLimitHit(ANN, OPS, TalkspurtId(7))]

    async def test_a_gate_that_was_shut_hits_no_limit(self, bench: Bench) -> None:
        await bench.up()
        bench.plane.join(OPS, ANN, hear=True)
        bench.plane.open_gate(OPS, ANN, TalkspurtId(7), 50)
        bench.plane.shut_gate(OPS, ANN)
        assert await bench.limit_hits_after(OPS, ANN) == []

    async def test_leaving_a_room_shuts_the_gate_there(self, bench: Bench) -> None:
        await bench.up()
        bench.plane.join(OPS, ANN, hear=True)
        bench.plane.open_gate(OPS, ANN, TalkspurtId(7), 50)
        bench.plane.leave(OPS, ANN)
        assert await bench.limit_hits_after(OPS, ANN) == []

    async def test_a_gate_without_a_limit_stays_open(self, bench: Bench) -> None:
        await bench.up()
        bench.plane.join(OPS, ANN, hear=True)
        bench.plane.open_gate(OPS, ANN, TalkspurtId(7), 0)
        assert await bench.limit_hits_after(OPS, ANN) == []

    async def test_a_gate_opened_again_counts_from_then_on_for_its_new_talkspurt(self, bench: Bench) -> None:
        await bench.up()
        bench.plane.join(OPS, ANN, hear=True)
        bench.plane.open_gate(OPS, ANN, TalkspurtId(7), 40)
        bench.plane.open_gate(OPS, ANN, TalkspurtId(8), 80)
        await bench.until(TalkLimitHit(ANN, OPS, TalkspurtId(8)))
        assert await bench.limit_hits_after(OPS, ANN) == [TalkLimitHit(ANN, OPS, TalkspurtId(8))]

    async def test_a_gate_in_a_room_that_the_leg_is_not_in_stays_shut(self, bench: Bench) -> None:
        await bench.up()
        bench.plane.open_gate(COMMAND, ANN, TalkspurtId(7), 20)
        assert await bench.limit_hits_after(COMMAND, ANN) == []

    async def test_orders_for_legs_that_are_not_there_are_ignored(self, bench: Bench) -> None:
        plane = bench.plane
        plane.join(OPS, ANN, hear=True)
        plane.open_gate(OPS, ANN, TalkspurtId(1), 10)
        plane.shut_gate(OPS, ANN)
        plane.leave(OPS, ANN)
        plane.show(OPS, ANN, VideoKind.CAMERA, on=True)
        plane.watch(ANN, 0, (BO, VideoKind.SCREEN), 360)
        plane.send(ANN, Channel.FAST, b"x")
        plane.close(ANN)
        await bench.up(BO)
        assert bench.events == [MediaUp(BO)]

    @pytest.mark.parametrize("channel", Channel)
    async def test_messages_go_both_ways_on_both_channels(self, bench: Bench, channel: Channel) -> None:
        far_end = await bench.up()
        await far_end.send(channel, b"press")
        await bench.until(DataReceived(ANN, channel, b"press"))
        bench.plane.send(ANN, channel, b"granted")
        assert await far_end.received() == (channel, b"granted")

    async def test_a_video_slot_that_the_leg_has_not_is_not_watched(self, bench: Bench) -> None:
        far_end = await bench.up()
        bench.plane.join(OPS, ANN, hear=True)
        bench.plane.watch(ANN, 200, None, 65_535)
        bench.plane.watch(ANN, 0, (ANN, VideoKind.CAMERA), 360)
        await far_end.send(Channel.RELIABLE, b"still here")
        await bench.until(DataReceived(ANN, Channel.RELIABLE, b"still here"))

    async def test_one_session_more_than_the_limit_is_busy(self, bench: Bench) -> None:
        legs = [LegId(f"leg-{n}") for n in range(SESSIONS_MAX)]
        for leg in legs:
            await bench.plane.accept(leg, await bench.make_far_end(leg).offer(), PROFILE)
        with pytest.raises(PlaneBusy):
            await bench.plane.accept(ANN, await bench.make_far_end(ANN).offer(), PROFILE)

    async def test_counters_are_numbers_and_tell_the_sessions_there_are(self, bench: Bench) -> None:
        await bench.up()
        counters = bench.plane.counters()
        assert counters["sessions"] == 1
        assert all(type(value) is int and value >= 0 for value in counters.values())

    async def test_stopping_ends_every_session(self, bench: Bench) -> None:
        await bench.up()
        await bench.plane.stop()
        assert MediaDown(ANN, "closed") in bench.events
        await bench.plane.stop()
