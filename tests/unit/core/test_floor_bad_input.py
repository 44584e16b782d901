"""Requests for the floor by whoever may not, of what is gone, twice, late: a defined answer and no raise."""

import pytest

from gateway.model.effects import Answer
from gateway.model.ids import RoomId
from gateway.model.inputs import (
    CancelRequest,
    Command,
    FloorRelease,
    FloorRequest,
    LegLost,
    MediaUp,
    TalkLimitHit,
)
from gateway.model.refusal import RefusalCode
from tests.unit.core.world import (
    DISPATCH_1,
    ENGINE_2,
    LISTENS,
    MEDIC_7,
    OPS,
    WALL,
    World,
    answer,
    granted,
)

NOWHERE = RoomId("nowhere")


def refusal(world: World, what: Command) -> RefusalCode:
    refused = answer(world.feed(what)).refusal
    assert refused is not None
    return refused.code


@pytest.mark.parametrize("waits", [False, True])
def test_who_only_listens_is_not_let_into_the_queue_either(waits: bool) -> None:  # noqa: FBT001 - a parameter
    world = World(MEDIC_7)
    world.feed(MediaUp(WALL))
    world.join(WALL, OPS, LISTENS)
    world.request(MEDIC_7)
    assert answer(world.request(WALL, waits=waits)).refusal is not None


def test_a_room_that_is_not_there_and_one_that_the_leg_is_not_in_are_refused_alike() -> None:
    world = World(MEDIC_7)
    nowhere = FloorRequest(world.next_id(), MEDIC_7, NOWHERE, world.at, waits=True)
    not_in = FloorRequest(world.next_id(), ENGINE_2, OPS, world.at, waits=True)
    assert [refusal(world, one) for one in (nowhere, not_in)] == [RefusalCode.NOT_IN_ROOM] * 2


def test_the_same_request_twice_is_one_place_and_one_answer() -> None:
    world = World(MEDIC_7, ENGINE_2)
    world.request(MEDIC_7)
    asks = FloorRequest(world.next_id(), ENGINE_2, OPS, world.at, waits=True)
    first, again = world.feed(asks), world.feed(asks)
    assert again == [answer(first)]


def test_a_late_copy_of_a_request_whose_turn_has_passed_takes_nothing() -> None:
    world = World(MEDIC_7, ENGINE_2)
    world.request(MEDIC_7)
    asks = FloorRequest(world.next_id(), ENGINE_2, OPS, world.at, waits=True)
    world.feed(asks)
    world.release(ENGINE_2)
    world.release(MEDIC_7)
    world.feed(asks)
    assert world.holder() is None


def test_a_request_that_its_own_release_overtook_does_not_wait() -> None:
    world = World(MEDIC_7, ENGINE_2)
    world.request(MEDIC_7)
    press, let_go = world.next_id(), world.next_id()
    world.feed(FloorRelease(let_go, ENGINE_2, OPS))
    late = FloorRequest(press, ENGINE_2, OPS, world.at, waits=True)
    assert refusal(world, late) is RefusalCode.INVALID


def test_a_request_of_a_session_that_is_gone_is_refused() -> None:
    world = World(MEDIC_7, ENGINE_2)
    world.feed(LegLost(ENGINE_2, "link"))
    late = FloorRequest(world.next_id(), ENGINE_2, OPS, world.at, waits=True)
    assert refusal(world, late) is RefusalCode.NOT_IN_ROOM


def test_a_token_that_has_run_out_gets_no_floor() -> None:
    world = World()
    world.feed(MediaUp(MEDIC_7))
    world.join(MEDIC_7, until=world.at + 5)
    late = FloorRequest(world.next_id(), MEDIC_7, OPS, world.at + 5, waits=True)
    assert refusal(world, late) is RefusalCode.EXPIRED


def test_to_take_out_of_the_queue_who_does_not_wait_is_no_fault() -> None:
    world = World(MEDIC_7, DISPATCH_1)
    out = world.feed(CancelRequest(world.next_id(), DISPATCH_1, OPS, MEDIC_7, world.at))
    assert [one for one in out if not isinstance(one, Answer)] == []
    assert answer(out).refusal is None


def test_news_of_a_talkspurt_that_is_over_cuts_nobody() -> None:
    world = World(MEDIC_7, ENGINE_2)
    old = granted(world.request(MEDIC_7))
    world.request(ENGINE_2, waits=True)
    world.release(MEDIC_7)
    world.feed(TalkLimitHit(MEDIC_7, OPS, old))
    assert world.holder() == ENGINE_2
