"""One talkgroup's floor, told as a story through the switchboard."""

from gateway.model.effects import Answer, OpenGate, Publish, ShutGate
from gateway.model.events import FloorEnd, FloorIdle, FloorTaken
from gateway.model.ids import LegId, TalkspurtId
from gateway.model.inputs import FloorRelease, FloorRequest, LegLost, MediaDown, MediaUp, TalkLimitHit
from gateway.model.participant import LegKind
from gateway.model.refusal import RefusalCode
from tests.unit.core.world import (
    AIR,
    COMMAND,
    DISPATCH_1,
    DISPATCHES,
    ENGINE_2,
    MEDIC_7,
    OPS,
    World,
    answer,
    events,
    granted,
)

CAMERA = LegId("camera")


def test_a_request_on_an_idle_floor_opens_the_gate_then_answers_then_tells_the_room() -> None:
    world = World(MEDIC_7)
    command_id = world.next_id() + 1
    spurt = TalkspurtId(1)
    assert world.request(MEDIC_7) == [
        OpenGate(OPS, MEDIC_7, spurt, 33_000),
        Answer(MEDIC_7, command_id, talkspurt=spurt, limit_ms=30_000),
        Publish(OPS, FloorTaken(OPS, MEDIC_7, spurt, 30_000)),
    ]


def test_what_a_stream_sent_before_its_press_is_dropped() -> None:
    world = World(DISPATCH_1)
    world.feed(MediaUp(CAMERA))
    world.join(CAMERA, kind=LegKind.WHIP)
    granted_at_once = world.request(CAMERA)
    assert [type(effect) for effect in granted_at_once] == [ShutGate, OpenGate, Answer, Publish]
    again = world.request(CAMERA)
    assert [type(effect) for effect in again] == [Answer], "it talks on"


def test_a_second_talker_is_denied_while_the_floor_is_taken() -> None:
    world = World(MEDIC_7, ENGINE_2)
    world.request(MEDIC_7)
    denied = world.request(ENGINE_2)
    assert [type(e) for e in denied] == [ShutGate, Answer], "what was said since the press is dropped"
    assert answer(denied).refusal is not None
    assert answer(denied).refusal.code is RefusalCode.FLOOR_BUSY


def test_the_holder_who_asks_again_is_granted_again_and_gains_no_time() -> None:
    world = World(MEDIC_7)
    first = granted(world.request(MEDIC_7))
    world.now += 10
    again = world.request(MEDIC_7)
    assert (answer(again).talkspurt, answer(again).limit_ms) == (first, 20_000)
    assert len(again) == 1


def test_a_release_shuts_the_gate_before_anything_is_said() -> None:
    world = World(MEDIC_7)
    spurt = granted(world.request(MEDIC_7))
    released = world.release(MEDIC_7)
    assert released[0] == ShutGate(OPS, MEDIC_7)
    assert events(released) == [FloorIdle(OPS, MEDIC_7, spurt, FloorEnd.RELEASED)]


def test_a_release_without_the_floor_says_ok_and_leaves_the_holder_alone() -> None:
    world = World(MEDIC_7, ENGINE_2)
    world.request(MEDIC_7)
    assert answer(world.release(ENGINE_2)).refusal is None
    assert world.holder() == MEDIC_7


def test_a_request_that_its_own_release_overtook_takes_no_floor() -> None:
    world = World(MEDIC_7)
    press, let_go = world.next_id(), world.next_id()
    world.feed(FloorRelease(let_go, MEDIC_7, OPS))
    late = world.feed(FloorRequest(press, MEDIC_7, OPS, world.at))
    assert answer(late).refusal is not None
    assert world.holder() is None


def test_the_floor_is_free_for_the_next_after_a_release() -> None:
    world = World(MEDIC_7, ENGINE_2)
    first = granted(world.request(MEDIC_7))
    world.release(MEDIC_7)
    assert granted(world.request(ENGINE_2)) == first + 1


def test_the_media_cores_limit_ends_a_talkspurt_too() -> None:
    world = World(MEDIC_7)
    spurt = granted(world.request(MEDIC_7))
    ended = world.feed(TalkLimitHit(MEDIC_7, OPS, spurt))
    assert events(ended) == [FloorIdle(OPS, MEDIC_7, spurt, FloorEnd.TIMED_OUT)]
    assert world.holder() is None


def test_a_limit_of_an_earlier_talkspurt_does_not_end_the_present_one() -> None:
    world = World(MEDIC_7)
    old = granted(world.request(MEDIC_7))
    world.release(MEDIC_7)
    world.request(MEDIC_7)
    assert world.feed(TalkLimitHit(MEDIC_7, OPS, old)) == []
    assert world.holder() == MEDIC_7


def test_a_lost_leg_gives_the_floor_back() -> None:
    world = World(MEDIC_7, ENGINE_2)
    spurt = granted(world.request(MEDIC_7))
    lost = world.feed(LegLost(MEDIC_7, "link"))
    assert FloorIdle(OPS, MEDIC_7, spurt, FloorEnd.LEG_LOST) in events(lost)
    assert world.holder() is None
    assert world.people() == [ENGINE_2]


def test_a_talker_whose_media_breaks_gives_the_floor_back_and_stays_in_the_room() -> None:
    world = World(MEDIC_7)
    spurt = granted(world.request(MEDIC_7))
    broken = world.feed(MediaDown(MEDIC_7, "consent"))
    assert FloorIdle(OPS, MEDIC_7, spurt, FloorEnd.LEG_LOST) in events(broken)
    assert ShutGate(OPS, MEDIC_7) in broken
    assert world.people() == [MEDIC_7]


def test_a_talker_who_leaves_gives_the_floor_back() -> None:
    world = World(MEDIC_7)
    spurt = granted(world.request(MEDIC_7))
    assert FloorIdle(OPS, MEDIC_7, spurt, FloorEnd.LEFT) in events(world.leave(MEDIC_7))


def test_a_leg_without_media_gets_no_floor() -> None:
    world = World()
    world.join(MEDIC_7)
    refused = answer(world.request(MEDIC_7)).refusal
    assert refused is not None
    assert refused.code is RefusalCode.NO_MEDIA


def test_an_open_room_has_no_floor_to_ask_for() -> None:
    world = World(MEDIC_7, room=COMMAND)
    refused = answer(world.request(MEDIC_7, COMMAND)).refusal
    assert refused is not None
    assert refused.code is RefusalCode.NO_FLOOR


def test_floors_of_two_rooms_do_not_know_each_other() -> None:
    world = World(DISPATCH_1, MEDIC_7)
    world.join(DISPATCH_1, AIR, DISPATCHES)
    world.request(MEDIC_7)
    assert answer(world.request(DISPATCH_1, AIR)).refusal is None
    assert (world.holder(OPS), world.holder(AIR)) == (MEDIC_7, DISPATCH_1)
