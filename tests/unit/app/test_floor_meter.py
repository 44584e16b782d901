"""What the floors count: each request once, each wait and each talkspurt by its length."""

from gateway.app.floor_meter import FloorMeter
from gateway.model.effects import Answer
from gateway.model.events import FloorEnd, FloorIdle, FloorTaken, QueueChanged
from gateway.model.ids import CommandId, LegId, RoomId, TalkspurtId
from gateway.model.inputs import FloorRequest
from gateway.model.refusal import Refusal, RefusalCode

OPS, FIRE = RoomId("ops"), RoomId("fire")
ADA, BEN = LegId("ada"), LegId("ben")
BUSY = Refusal(RefusalCode.FLOOR_BUSY)


class Clock:
    at = 100.0

    def now(self) -> float:
        return self.at


def request(number: int, leg: LegId = ADA) -> FloorRequest:
    return FloorRequest(CommandId(number), leg, OPS, at=0.0)


def spurt(meter: FloorMeter, clock: Clock, leg: LegId, seconds: float, room: RoomId = OPS) -> None:
    meter.hear(FloorTaken(room, leg, TalkspurtId(1), 30_000))
    clock.at += seconds
    meter.hear(FloorIdle(room, leg, TalkspurtId(1), FloorEnd.RELEASED))


def test_copies_of_a_request_count_once() -> None:
    meter = FloorMeter(Clock().now)
    for number in (1, 1, 2):
        meter.answered(request(number), Answer(ADA, CommandId(number), BUSY), took_s=0.0003)
    meter.answered(request(2, BEN), Answer(BEN, CommandId(2), place=1), took_s=0.0003)
    read = meter.read()
    assert (read["denied_total"], read["queued_total"], read["granted_total"]) == (2, 1, 0)
    assert (read["decided_us_bucket_9"], read["decided_us_sum"]) == (3, 900)


def test_a_leg_that_comes_again_counts_again() -> None:
    meter = FloorMeter(Clock().now)
    for _ in range(2):
        meter.answered(request(1), Answer(ADA, CommandId(1), talkspurt=TalkspurtId(1)), took_s=0.0)
        meter.gone(ADA)
    assert meter.read()["granted_total"] == 2


def test_a_talkspurt_counts_by_its_end_and_its_length() -> None:
    clock = Clock()
    meter = FloorMeter(clock.now)
    spurt(meter, clock, ADA, 3.0)
    read = meter.read()
    assert (read["talkspurts_total"], read["ended_released_total"], read["talking"]) == (1, 1, 0)
    assert (read["talked_ms_bucket_12"], read["talked_ms_sum"]) == (1, 3000)


def test_a_wait_is_measured_when_it_ends_in_a_turn() -> None:
    clock = Clock()
    meter = FloorMeter(clock.now)
    meter.hear(FloorTaken(OPS, ADA, TalkspurtId(1), 30_000))
    meter.hear(QueueChanged(OPS, (BEN,)))
    clock.at += 2.0
    assert (meter.read()["waiting"], meter.read()["talking"]) == (1, 1)
    meter.hear(FloorIdle(OPS, ADA, TalkspurtId(1), FloorEnd.RELEASED))
    meter.hear(QueueChanged(OPS, ()))
    spurt(meter, clock, BEN, 1.0)
    read = meter.read()
    assert (read["waiting"], read["waited_ms_bucket_11"], read["waited_ms_sum"]) == (0, 1, 2000)


def test_who_gives_up_and_asks_anew_has_not_waited() -> None:
    clock = Clock()
    meter = FloorMeter(clock.now)
    meter.hear(QueueChanged(OPS, (BEN,)))
    clock.at += 2.0
    meter.hear(QueueChanged(OPS, ()))
    spurt(meter, clock, ADA, 1.0)
    spurt(meter, clock, BEN, 1.0)
    spurt(meter, clock, BEN, 1.0, FIRE)
    assert meter.read()["waited_ms_sum"] == 0
