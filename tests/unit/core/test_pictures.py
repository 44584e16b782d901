"""Who lets a room see a camera or a screen, and what ends it."""

from gateway.model.effects import Effect, LeaveMedia, OpenPicture, Publish, ShutPicture
from gateway.model.events import ParticipantLeft, PictureShown
from gateway.model.grants import Verb
from gateway.model.inputs import LegLost, MediaDown, MediaUp
from gateway.model.refusal import RefusalCode
from gateway.model.room import RoomMode
from gateway.model.video import VideoKind
from tests.unit.core.world import (
    COMMAND,
    DISPATCH_1,
    DISPATCHES,
    ENGINE_2,
    MEDIC_7,
    OPS,
    SHOWS,
    TALKS,
    UTC_0,
    World,
    answer,
    events,
)

CAMERA, SCREEN = VideoKind.CAMERA, VideoKind.SCREEN


def code(effects: list[Effect]) -> RefusalCode | None:
    refusal = answer(effects).refusal
    return refusal.code if refusal else None


def world_that_shows() -> World:
    """MEDIC_7 may show and has its media up; ENGINE_2 may talk."""
    world = World(MEDIC_7, ENGINE_2)
    world.join(MEDIC_7, verbs=SHOWS)
    return world


def test_the_room_may_see_a_picture_and_is_told_so() -> None:
    world = world_that_shows()
    assert world.show(MEDIC_7)[1:] == [
        OpenPicture(OPS, MEDIC_7, CAMERA),
        Publish(OPS, PictureShown(OPS, MEDIC_7, CAMERA, on=True)),
    ]
    assert world.shown(MEDIC_7) == (CAMERA,)


def test_a_camera_and_a_screen_are_two_pictures() -> None:
    world = world_that_shows()
    world.show(MEDIC_7, SCREEN)
    world.show(MEDIC_7, CAMERA)
    world.hide(MEDIC_7, SCREEN)
    assert world.shown(MEDIC_7) == (CAMERA,)


def test_what_is_shown_already_is_not_shown_again() -> None:
    world = world_that_shows()
    world.show(MEDIC_7)
    again = world.show(MEDIC_7)
    assert again == [answer(again)]
    assert code(again) is None


def test_a_hidden_picture_is_shut_and_the_room_is_told_so() -> None:
    world = world_that_shows()
    world.show(MEDIC_7)
    assert world.hide(MEDIC_7)[1:] == [
        ShutPicture(OPS, MEDIC_7, CAMERA),
        Publish(OPS, PictureShown(OPS, MEDIC_7, CAMERA, on=False)),
    ]
    assert world.shown(MEDIC_7) == ()


def test_to_hide_what_nobody_sees_is_fine() -> None:
    hidden = world_that_shows().hide(MEDIC_7)
    assert code(hidden) is None
    assert len(hidden) == 1


def test_who_has_no_right_to_show_is_refused() -> None:
    world = World(MEDIC_7)
    refused = world.show(MEDIC_7)
    assert code(refused) is RefusalCode.NOT_ALLOWED
    assert len(refused) == 1


def test_who_is_not_in_the_room_shows_nothing_there() -> None:
    assert code(world_that_shows().show(MEDIC_7, room=COMMAND)) is RefusalCode.NOT_IN_ROOM


def test_nothing_is_shown_before_the_media_is_up() -> None:
    world = World()
    world.join(MEDIC_7, verbs=SHOWS)
    assert code(world.show(MEDIC_7)) is RefusalCode.NO_MEDIA


def test_a_picture_ends_with_its_media_and_does_not_come_back_by_itself() -> None:
    world = world_that_shows()
    world.show(MEDIC_7)
    down = world.feed(MediaDown(MEDIC_7, "closed"))
    assert down.index(ShutPicture(OPS, MEDIC_7, CAMERA)) < down.index(LeaveMedia(OPS, MEDIC_7))
    assert PictureShown(OPS, MEDIC_7, CAMERA, on=False) in events(down)
    assert not [e for e in world.feed(MediaUp(MEDIC_7)) if isinstance(e, OpenPicture)]
    assert world.shown(MEDIC_7) == ()


def test_a_picture_ends_when_its_leg_leaves_or_is_lost() -> None:
    for leave in (lambda world: world.leave(MEDIC_7), lambda world: world.feed(LegLost(MEDIC_7, "link"))):
        world = world_that_shows()
        world.show(MEDIC_7)
        effects = leave(world)
        assert ShutPicture(OPS, MEDIC_7, CAMERA) in effects
        told = events(effects)
        hidden = told.index(PictureShown(OPS, MEDIC_7, CAMERA, on=False))
        assert hidden < next(i for i, e in enumerate(told) if isinstance(e, ParticipantLeft))


def test_a_picture_is_seen_whoever_has_the_floor() -> None:
    world = world_that_shows()
    world.request(ENGINE_2)
    assert code(world.show(MEDIC_7)) is None
    world.release(ENGINE_2)
    assert world.shown(MEDIC_7) == (CAMERA,)


def test_in_a_broadcast_only_dispatchers_with_the_video_grant_show() -> None:
    world = World(MEDIC_7, ENGINE_2, DISPATCH_1)
    world.join(MEDIC_7, verbs=SHOWS)
    world.join(DISPATCH_1, verbs=DISPATCHES | {Verb.VIDEO})
    world.switch(DISPATCH_1, RoomMode.BROADCAST)
    assert code(world.show(MEDIC_7)) is RefusalCode.NOT_ALLOWED
    assert code(world.show(DISPATCH_1)) is None
    world.join(DISPATCH_1, verbs=DISPATCHES)
    assert code(world.show(DISPATCH_1)) is RefusalCode.NOT_ALLOWED


def test_a_room_that_becomes_a_broadcast_sees_only_its_dispatchers() -> None:
    world = World(MEDIC_7, DISPATCH_1)
    world.join(MEDIC_7, verbs=SHOWS)
    world.join(DISPATCH_1, verbs=DISPATCHES | {Verb.VIDEO})
    world.show(MEDIC_7)
    world.show(DISPATCH_1)
    switched = world.switch(DISPATCH_1, RoomMode.BROADCAST)
    assert [e for e in switched if isinstance(e, ShutPicture)] == [ShutPicture(OPS, MEDIC_7, CAMERA)]
    assert world.shown(DISPATCH_1) == (CAMERA,)


def test_a_right_that_is_not_renewed_ends_the_picture() -> None:
    world = world_that_shows()
    world.show(MEDIC_7)
    assert ShutPicture(OPS, MEDIC_7, CAMERA) in world.join(MEDIC_7, verbs=TALKS)


def test_a_picture_ends_when_the_grants_expire() -> None:
    world = world_that_shows()
    world.join(MEDIC_7, verbs=SHOWS, until=UTC_0 + world.now + 60)
    world.show(MEDIC_7)
    assert ShutPicture(OPS, MEDIC_7, CAMERA) in world.wait(61)


def test_nothing_is_kept_of_pictures_of_a_lost_leg() -> None:
    world = World(ENGINE_2)
    before = world.switchboard.digest()
    world.feed(MediaUp(MEDIC_7))
    world.join(MEDIC_7, verbs=SHOWS)
    world.show(MEDIC_7)
    world.feed(LegLost(MEDIC_7, "link"))
    assert world.switchboard.digest() == before
