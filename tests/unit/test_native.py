"""What the native media plane does when the extension is busy, late or speaks of the past."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway import native
from gateway.model.ids import LegId, RoomId, TalkspurtId
from gateway.model.inputs import MediaDown, MediaUp
from gateway.model.video import VideoKind
from gateway.native import NativeMediaPlane
from gateway.ports.media import (
    LegProfile,
    MediaEvent,
    OfferRefused,
    PictureTurned,
    PlaneBusy,
    SlotTurned,
)
from tests.unit.app.values import eventually

ANN, OPS = LegId("ann"), RoomId("ops")
PROFILE = LegProfile(audio_slots=1, publishes=True)


class Extension:
    """Stands for ``_native.Plane``: keeps its orders, and its bell is an eventfd as the real one's."""

    def __init__(self) -> None:
        self.bell = os.eventfd(0, os.EFD_NONBLOCK)
        self.orders: list[tuple[Any, ...]] = []
        self.waiting: list[Any] = []
        self.busy = False
        self.answers = True

    def event_fd(self) -> int:
        return self.bell

    def drain(self) -> list[Any]:
        taken, self.waiting = self.waiting[:2], self.waiting[2:]
        if not self.waiting and taken:
            os.eventfd_read(self.bell)
        return taken

    def say(self, *events: tuple[Any, ...]) -> None:
        if not self.waiting:
            os.eventfd_write(self.bell, 1)
        self.waiting += events

    def accept(self, request: int, session: int, _offer: str, *_profile: object) -> None:
        self._order("accept", session)
        if self.answers:
            self.say(("answered", request, session, "sdp"))

    def close(self, session: int) -> None:
        self._order("close", session)

    def join(self, room: int, session: int, hear: bool) -> None:  # noqa: FBT001
        self._order("join", room, session, hear)

    def show(self, room: int, session: int, kind: str, on: bool) -> None:  # noqa: FBT001
        self._order("show", room, session, kind, on)

    def watch(self, session: int, slot: int, source: int, kind: str, height: int) -> None:
        self._order("watch", session, slot, source, kind, height)

    def shut_gate(self, room: int, session: int) -> None:
        self._order("shut_gate", room, session)

    def open_gate(self, room: int, session: int, talkspurt: int, limit_ms: int) -> None:
        self._order("open_gate", room, session, talkspurt, limit_ms)

    def counters(self) -> dict[str, int]:
        return {}

    def stop(self) -> None:
        self._order("stop")

    def _order(self, *order: Any) -> None:  # noqa: ANN401 - as the extension takes them
        if self.busy:
            raise BlockingIOError("the command queue of the shard is full")
        self.orders.append(order)


@pytest.fixture
async def extension() -> AsyncIterator[Extension]:
    extension = Extension()
    yield extension
    os.close(extension.bell)


@pytest.fixture
async def plane(extension: Extension) -> AsyncIterator[NativeMediaPlane]:
    plane = NativeMediaPlane(extension)  # type: ignore[arg-type]
    yield plane
    extension.busy = False
    await plane.stop()


def heard(plane: NativeMediaPlane) -> list[MediaEvent]:
    events: list[MediaEvent] = []
    plane.on_event(events.append)
    return events


async def test_orders_that_a_full_queue_turned_away_follow_in_their_order(
    plane: NativeMediaPlane, extension: Extension
) -> None:
    await plane.accept(ANN, "offer", PROFILE)
    extension.busy = True
    plane.join(OPS, ANN, hear=True)
    plane.open_gate(OPS, ANN, TalkspurtId(1), 30_000)
    extension.busy = False
    plane.shut_gate(OPS, ANN)
    await eventually(lambda: len(extension.orders) == 4)
    assert [order[0] for order in extension.orders] == ["accept", "join", "open_gate", "shut_gate"]
    assert plane.counters()["orders_delayed_total"] == 3
    assert plane.counters()["orders_waiting"] == 0


async def test_an_offer_that_a_full_queue_turns_away_is_busy(
    plane: NativeMediaPlane, extension: Extension
) -> None:
    extension.busy = True
    with pytest.raises(PlaneBusy, match="queue of the shard is full"):
        await plane.accept(ANN, "offer", PROFILE)


async def test_a_media_thread_that_does_not_answer_in_time_is_busy(
    plane: NativeMediaPlane, extension: Extension, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "ANSWER_TIMEOUT_S", 0.01)
    extension.answers = False
    with pytest.raises(PlaneBusy, match="in time"):
        await plane.accept(ANN, "offer", PROFILE)
    assert extension.orders == [("accept", 1), ("close", 1)]


async def test_a_session_that_ends_before_its_answer_is_a_refused_offer(
    plane: NativeMediaPlane, extension: Extension
) -> None:
    extension.answers = False
    accepting = asyncio.ensure_future(plane.accept(ANN, "offer", PROFILE))
    await eventually(lambda: bool(extension.orders))
    extension.say(("down", 1, "internal"))
    with pytest.raises(OfferRefused, match="internal"):
        await accepting


async def test_news_of_a_replaced_session_is_not_news_of_its_leg(
    plane: NativeMediaPlane, extension: Extension
) -> None:
    events = heard(plane)
    for _ in range(2):
        await plane.accept(ANN, "offer", PROFILE)
    extension.say(("up", 1), ("down", 1, "closed"), ("limit", 0, 1, 5), ("up", 2))
    await eventually(lambda: bool(events))
    assert events == [MediaUp(ANN)]


async def test_who_is_in_a_slot_is_told_by_leg_and_by_the_number_that_packets_bear(
    plane: NativeMediaPlane, extension: Extension
) -> None:
    bob = LegId("bob")
    for leg in (ANN, bob):
        await plane.accept(leg, "offer", PROFILE)
    told = heard(plane)
    extension.say(("slot", 1, 0, 2, 2), ("slot", 1, 1, 99, 99), ("slot", 99, 0, 2, 2))
    await eventually(lambda: len(told) == 2)
    assert told == [SlotTurned(ANN, 0, 2, bob), SlotTurned(ANN, 1, 99, None)]


async def test_what_is_in_a_video_slot_is_told_by_leg_kind_and_packet(
    plane: NativeMediaPlane, extension: Extension
) -> None:
    bob = LegId("bob")
    for leg in (ANN, bob):
        await plane.accept(leg, "offer", PROFILE)
    told = heard(plane)
    extension.say(
        ("picture", 1, 3, 2, "screen", 7, 90_000, 1, False), ("picture", 1, 3, 0, "", 0, 5, 0, True)
    )
    await eventually(lambda: len(told) == 2)
    assert told == [
        PictureTurned(ANN, 3, 7, bob, VideoKind.SCREEN, 90_000, 1, paused=False),
        PictureTurned(ANN, 3, 0, None, None, 5, 0, paused=True),
    ]


async def test_pictures_are_shown_and_watched_by_the_sessions_of_their_legs(
    plane: NativeMediaPlane, extension: Extension
) -> None:
    bob = LegId("bob")
    for leg in (ANN, bob):
        await plane.accept(leg, "offer", PROFILE)
    extension.orders.clear()
    plane.show(OPS, ANN, VideoKind.CAMERA, on=True)
    plane.watch(bob, 1, (ANN, VideoKind.SCREEN), 360)
    plane.watch(bob, 1, None, 0)
    plane.watch(bob, 1, (LegId("gone"), VideoKind.SCREEN), 360)
    assert extension.orders == [
        ("show", 0, 1, "camera", True),
        ("watch", 2, 1, 1, "screen", 360),
        ("watch", 2, 1, 0, "camera", 0),
    ]


async def test_while_a_new_offer_is_answered_orders_go_to_the_transport_that_is_heard(
    plane: NativeMediaPlane, extension: Extension
) -> None:
    await plane.accept(ANN, "offer", PROFILE)
    extension.answers = False
    accepting = asyncio.ensure_future(plane.accept(ANN, "offer", PROFILE))
    await eventually(lambda: ("accept", 2) in extension.orders)
    plane.shut_gate(OPS, ANN)
    assert extension.orders[-1] == ("shut_gate", 0, 1)
    extension.say(("answered", 2, 2, "sdp"))
    assert await accepting == "sdp"
    plane.join(OPS, ANN, hear=True)
    assert extension.orders[-1] == ("join", 0, 2, True)


async def test_many_events_are_taken_in_batches_without_losing_one(
    plane: NativeMediaPlane, extension: Extension
) -> None:
    events = heard(plane)
    legs = [LegId(str(n)) for n in range(60)]
    for leg in legs:
        await plane.accept(leg, "offer", PROFILE)
    extension.say(*(("up", n + 1) for n in range(60)))
    await eventually(lambda: len(events) == 60)
    extension.say(*(("down", n + 1, "consent") for n in range(60)))
    await eventually(lambda: len(events) == 120)
    assert events == [MediaUp(leg) for leg in legs] + [MediaDown(leg, "consent") for leg in legs]
