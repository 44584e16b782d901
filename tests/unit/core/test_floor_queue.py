"""Who waits for the floor: places, service, turning away, told through the switchboard."""

from gateway.model.effects import Answer, OpenGate, Publish, ShutGate, Tell
from gateway.model.events import FloorEnd, FloorIdle, FloorTaken, FloorUnserved, QueueChanged
from gateway.model.ids import LegId, RoomId
from gateway.model.inputs import CancelRequest, LegLost, MediaDown, MuteMember, Talking, Tick
from gateway.model.refusal import RefusalCode
from gateway.model.room import FloorTerms, RoomMode, RoomSpec
from tests.unit.core.world import (
    DISPATCH_1,
    ENGINE_2,
    HILL,
    MEDIC_7,
    OPS,
    WALL,
    World,
    answer,
    events,
    granted,
)


def busy() -> World:
    """The medic talks; engine, dispatcher and wall are there."""
    world = World(MEDIC_7, ENGINE_2, DISPATCH_1, WALL)
    world.request(MEDIC_7)
    return world


def queue(world: World, room: RoomId = OPS) -> list[LegId]:
    view = world.switchboard.view(room, world.now)
    assert view is not None
    return list(view.queue)


def unserved(effects: list[object]) -> list[tuple[LegId, RefusalCode]]:
    told = [one.event for one in effects if isinstance(one, Tell)]
    return [(event.leg, event.why) for event in told if isinstance(event, FloorUnserved)]


def test_who_can_wait_gets_a_place_and_everybody_sees_it() -> None:
    world = busy()
    number = world.next_id() + 1
    assert world.request(ENGINE_2, waits=True) == [
        ShutGate(OPS, ENGINE_2),
        Answer(ENGINE_2, number, place=1),
        Publish(OPS, QueueChanged(OPS, (ENGINE_2,))),
    ]
    assert queue(world) == [ENGINE_2]


def test_who_cannot_wait_is_denied_as_ever() -> None:
    world = busy()
    world.request(ENGINE_2, waits=True)
    refused = answer(world.request(WALL)).refusal
    assert refused is not None
    assert refused.code is RefusalCode.FLOOR_BUSY


def test_the_first_in_the_queue_talks_when_the_floor_comes_free_and_brings_no_old_words() -> None:
    world = busy()
    world.request(ENGINE_2, waits=True)
    served = world.release(MEDIC_7)
    spurt = next(one.talkspurt for one in served if isinstance(one, OpenGate))
    assert served[-4:] == [
        ShutGate(OPS, ENGINE_2),
        Publish(OPS, QueueChanged(OPS, ())),
        OpenGate(OPS, ENGINE_2, spurt, 33_000),
        Publish(OPS, FloorTaken(OPS, ENGINE_2, spurt, 30_000)),
    ]


def test_equal_ranks_are_served_in_the_order_of_their_asking() -> None:
    world = busy()
    for leg in (WALL, ENGINE_2):
        world.request(leg, waits=True)
    world.release(MEDIC_7)
    assert (world.holder(), queue(world)) == (WALL, [ENGINE_2])


def test_a_higher_rank_waits_in_front_of_a_lower_one() -> None:
    world = busy()
    world.request(ENGINE_2, waits=True)
    assert answer(world.request(DISPATCH_1, waits=True)).place == 1
    assert queue(world) == [DISPATCH_1, ENGINE_2]


def test_asking_twice_keeps_the_place() -> None:
    world = busy()
    world.request(ENGINE_2, waits=True)
    world.request(WALL, waits=True)
    again = world.request(ENGINE_2, waits=True)
    assert answer(again).place == 1
    assert events(again) == []


def test_letting_go_gives_the_place_up() -> None:
    world = busy()
    world.request(ENGINE_2, waits=True)
    let_go = world.release(ENGINE_2)
    assert (answer(let_go).refusal, events(let_go)) == (None, [QueueChanged(OPS, ())])
    world.release(MEDIC_7)
    assert world.holder() is None


def test_who_waits_too_long_is_turned_away_and_told() -> None:
    world = busy()
    world.request(ENGINE_2, waits=True)
    late = world.wait(10)
    assert unserved(late) == [(ENGINE_2, RefusalCode.WAITED_TOO_LONG)]
    assert queue(world) == []


def served() -> World:
    """The engine has just been served, and the wall waits behind it."""
    world = busy()
    world.request(ENGINE_2, waits=True)
    world.request(WALL, waits=True)
    world.release(MEDIC_7)
    return world


def test_who_is_served_and_says_nothing_gives_the_floor_to_the_next() -> None:
    world = served()
    assert world.wait(2.9) == []
    ended = events(world.wait(0.2))
    assert [type(event) for event in ended] == [FloorIdle, QueueChanged, FloorTaken]
    assert isinstance(ended[0], FloorIdle)
    assert (ended[0].leg, ended[0].why) == (ENGINE_2, FloorEnd.UNHEARD)
    assert world.holder() == WALL


def test_who_is_served_and_speaks_keeps_the_floor_through_its_pauses() -> None:
    world = served()
    world.feed(Talking(ENGINE_2, OPS, on=True))
    world.feed(Talking(ENGINE_2, OPS, on=False))
    world.wait(9)
    assert world.holder() == ENGINE_2


def test_who_takes_an_idle_floor_may_think_before_speaking() -> None:
    world = World(MEDIC_7)
    world.request(MEDIC_7)
    world.wait(20)
    assert world.holder() == MEDIC_7


def test_a_hub_that_stood_still_does_not_take_its_own_sleep_for_silence() -> None:
    world = served()
    world.now += 8  # nothing was fed meanwhile: what the talker said waits in front of the door
    world.feed(Tick())
    world.feed(Talking(ENGINE_2, OPS, on=True))
    world.wait(5)
    assert world.holder() == ENGINE_2


def test_a_room_may_let_who_is_served_be_silent() -> None:
    terms = FloorTerms(unheard_ms=0)
    world = World(MEDIC_7, ENGINE_2, rooms=(RoomSpec(OPS, "Operations", floor=terms),))
    world.request(MEDIC_7)
    world.request(ENGINE_2, waits=True)
    world.release(MEDIC_7)
    world.wait(20)
    assert world.holder() == ENGINE_2


def test_a_full_queue_denies() -> None:
    terms = FloorTerms(queue_max=1)
    world = World(MEDIC_7, ENGINE_2, WALL, rooms=(RoomSpec(OPS, "Operations", floor=terms),))
    world.request(MEDIC_7)
    world.request(ENGINE_2, waits=True)
    refused = answer(world.request(WALL, waits=True)).refusal
    assert refused is not None
    assert refused.code is RefusalCode.QUEUE_FULL


def test_a_room_without_a_queue_denies_who_would_wait() -> None:
    world = World(MEDIC_7, WALL, rooms=(RoomSpec(OPS, "Operations", floor=FloorTerms(queue_max=0)),))
    world.request(MEDIC_7)
    refused = answer(world.request(WALL, waits=True)).refusal
    assert refused is not None
    assert refused.code is RefusalCode.FLOOR_BUSY


def test_a_dispatcher_takes_somebody_out_of_the_queue() -> None:
    world = busy()
    world.request(ENGINE_2, waits=True)
    out = world.feed(CancelRequest(world.next_id(), DISPATCH_1, OPS, ENGINE_2, world.at))
    assert answer(out).refusal is None
    assert unserved(out) == [(ENGINE_2, RefusalCode.CANCELLED)]


def test_nobody_else_may_take_somebody_out_of_the_queue() -> None:
    world = busy()
    world.request(ENGINE_2, waits=True)
    out = world.feed(CancelRequest(world.next_id(), WALL, OPS, ENGINE_2, world.at))
    assert answer(out).refusal is not None
    assert queue(world) == [ENGINE_2]


def test_a_lost_leg_waits_no_longer() -> None:
    world = busy()
    world.request(ENGINE_2, waits=True)
    world.feed(LegLost(ENGINE_2, "link"))
    assert queue(world) == []


def test_who_cannot_be_heard_any_more_is_told_why_it_waits_no_longer() -> None:
    world = busy()
    world.request(ENGINE_2, waits=True)
    assert unserved(world.feed(MediaDown(ENGINE_2, "consent"))) == [(ENGINE_2, RefusalCode.NO_MEDIA)]


def test_who_is_muted_is_told_why_it_waits_no_longer() -> None:
    world = busy()
    world.request(ENGINE_2, waits=True)
    muted = world.feed(MuteMember(world.next_id(), DISPATCH_1, OPS, ENGINE_2, muted=True, at=world.at))
    assert unserved(muted) == [(ENGINE_2, RefusalCode.MUTED)]


def test_a_room_that_is_opened_turns_the_queue_away() -> None:
    world = busy()
    world.request(ENGINE_2, waits=True)
    opened = world.switch(DISPATCH_1, RoomMode.CONFERENCE)
    assert unserved(opened) == [(ENGINE_2, RefusalCode.NO_FLOOR)]
    assert queue(world) == []


def test_while_a_radio_talks_people_wait_and_are_served_after_it() -> None:
    world = World(ENGINE_2)
    world.radio(HILL)
    world.carrier(HILL, on=True)
    assert answer(world.request(ENGINE_2, waits=True)).place == 1
    world.carrier(HILL, on=False)
    world.wait(0.2)
    assert world.holder() == ENGINE_2


def test_a_radio_comes_before_the_queue() -> None:
    world = World(MEDIC_7, ENGINE_2)
    world.radio(HILL)
    world.request(MEDIC_7)
    world.request(ENGINE_2, waits=True)
    taken = world.carrier(HILL, on=True)
    assert FloorEnd.CARRIER in [one.why for one in events(taken) if isinstance(one, FloorIdle)]
    assert (world.holder(), queue(world)) == (HILL, [ENGINE_2])


def test_a_grant_from_the_queue_has_a_talkspurt_of_its_own() -> None:
    world = World(MEDIC_7, ENGINE_2)
    first = granted(world.request(MEDIC_7))
    world.request(ENGINE_2, waits=True)
    world.release(MEDIC_7)
    world.release(ENGINE_2)
    assert granted(world.request(MEDIC_7)) == first + 2
