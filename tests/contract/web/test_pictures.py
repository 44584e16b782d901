"""Pictures on the console protocol: shown and hidden, told to the room, watched slot by slot."""

from gateway.model.grants import Verb
from gateway.model.ids import LegId, RoomId
from gateway.model.video import VideoKind
from gateway.ports.media import LegProfile, PictureTurned
from tests.contract.web.world import PAGE_OFFER, Page, World

OPS = RoomId("ops")
SHOWS = (Verb.LISTEN, Verb.TALK, Verb.VIDEO)


def profile_of(world: World, page: Page) -> LegProfile:
    profile = world.media.profile(LegId(page.leg))
    assert profile is not None
    return profile


async def test_a_shown_picture_is_told_to_the_room_and_let_through_by_the_media_plane(world: World) -> None:
    async with world.page(token=world.token(*SHOWS)) as ana, world.page("Wei") as wei:
        await ana.join()
        await wei.join()
        await ana.with_media()
        assert (await ana.ask("show_picture", room="ops", kind="camera"))["ok"]
        shown = (await wei.hear_change("picture_shown"))["change"]
        assert shown == {"type": "picture_shown", "room": "ops", "leg": ana.leg, "kind": "camera", "on": True}
        assert world.media.shown(OPS) == {(ana.leg, VideoKind.CAMERA)}
        assert (await ana.ask("hide_picture", room="ops", kind="camera"))["ok"]
        assert (await wei.hear_change("picture_shown"))["change"]["on"] is False
        assert world.media.shown(OPS) == set()


async def test_who_comes_later_finds_the_pictures_in_the_snapshot(world: World) -> None:
    async with world.page(token=world.token(*SHOWS)) as ana, world.page("Wei") as wei:
        await ana.join()
        await ana.with_media()
        await ana.ask("show_picture", room="ops", kind="screen")
        answer = await wei.join()
        assert answer["room"]["members"][0]["shows"] == ["screen"]


async def test_without_the_video_grant_nothing_is_shown_and_no_camera_is_taken(world: World) -> None:
    async with world.page("Wei") as wei:
        await wei.join()
        await wei.with_media()
        assert (await wei.ask("show_picture", room="ops", kind="camera"))["code"] == "not_allowed"
        assert not profile_of(world, wei).cameras


async def test_a_page_is_given_the_video_slots_that_it_asks_for(world: World) -> None:
    async with world.page(token=world.token(*SHOWS)) as ana:
        await ana.join()
        await ana.ask("media_offer", sdp=PAGE_OFFER, audio_slots=3, video_slots=16)
        assert profile_of(world, ana).video_slots == 16
        assert profile_of(world, ana).cameras
        assert (await ana.ask("media_offer", sdp=PAGE_OFFER, video_slots=17))["code"] == "invalid"


async def test_what_a_page_wants_of_its_slots_reaches_the_media_plane(world: World) -> None:
    async with world.page(token=world.token(*SHOWS)) as ana, world.page("Wei") as wei:
        for page in (ana, wei):
            await page.join()
            await page.with_media()
        assert (await wei.ask("watch", slot=2, height=360, leg=ana.leg, kind="screen"))["ok"]
        assert (await wei.ask("watch", slot=3, height=0))["ok"]
        assert world.media.watched(LegId(wei.leg)) == {2: ((ana.leg, VideoKind.SCREEN), 360), 3: (None, 0)}


async def test_a_watch_out_of_bounds_is_answered_invalid(world: World) -> None:
    async with world.page() as page:
        await page.join()
        await page.with_media()
        for wrong in ({"slot": 16, "height": 1}, {"slot": 0, "height": 4321}, {"slot": 0, "height": -1}):
            assert (await page.ask("watch", **wrong))["code"] == "invalid"
        assert (await page.ask("watch", slot=0, height=90, leg="x" * 65))["code"] == "invalid"


async def test_what_a_video_slot_carries_is_a_delta_of_its_page_alone(world: World) -> None:
    async with world.page() as ana, world.page("Wei") as wei:
        for page in (ana, wei):
            await page.join()
            await page.with_media()
        ana_leg, wei_leg = LegId(ana.leg), LegId(wei.leg)
        turned = PictureTurned(
            wei_leg, 5, 2**31 + 7, ana_leg, VideoKind.SCREEN, 2**32 - 1, layer=1, paused=False
        )
        world.media.turn_picture(turned)
        assert (await wei.hear_change("picture_turned"))["change"] == {
            "type": "picture_turned",
            "slot": 5,
            "number": 2**31 + 7,
            "leg": ana.leg,
            "kind": "screen",
            "rtp_timestamp": 2**32 - 1,
            "layer": 1,
            "paused": False,
        }
        world.media.turn_picture(PictureTurned(wei_leg, 5, 0, None, None, 0, layer=0, paused=False))
        gone = (await wei.hear_change("picture_turned"))["change"]
        assert gone["leg"] is None
        assert gone["kind"] is None
        assert ana.changes("picture_turned") == []
