"""An application presses for a stream that it sends by WHIP itself, and for no other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from multidict import CIMultiDictProxy
from yarl import URL

from gateway.model.events import FloorEnd
from gateway.model.grants import Verb
from gateway.model.ids import LegId, RoomId
from gateway.model.inputs import TalkLimitHit
from gateway.model.refusal import RefusalCode
from tests.contract.web.application import Application, application
from tests.contract.web.test_whip_whep import HEAD, ICE, OFFERS, video
from tests.contract.web.world import World, until

OPS = RoomId("ops")
TALKS = (Verb.API, Verb.LISTEN, Verb.TALK)
DISPATCHES = (*TALKS, Verb.DISPATCH)
PICTURE_ONLY = HEAD + video(extra=f"a=mid:0\r\n{ICE}", direction="sendonly").replace("a=mid:1\r\n", "")


@dataclass
class Siren:
    """A program that streams a sound, and presses for it."""

    api: Application
    session: str
    """Address of its WHIP session."""
    floor: str
    """Address of its floor, below that of the API."""

    @property
    def leg(self) -> LegId:
        return LegId(self.floor.rpartition("/")[2])

    async def press(self, **how: bool) -> tuple[int, dict[str, object]]:
        return await self.api.ask("PUT", self.floor, how)

    async def let_go(self) -> int:
        return (await self.api.ask("DELETE", self.floor))[0]

    async def stop(self) -> None:
        headers = {"Authorization": f"Bearer {self.api.token}"}
        async with self.api.http.delete(self.session, headers=headers) as response:
            assert response.status == 200


@asynccontextmanager
async def siren(
    world: World, subject: str = "siren", verbs: tuple[Verb, ...] = TALKS, room: str = "ops"
) -> AsyncIterator[Siren]:
    """It streams, and its media is up."""
    token = world.token(*verbs, subject=subject)
    async with application(world, token) as api:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
        where = f"{world.url}whip/{room}"
        async with api.http.post(where, data=OFFERS["whip"], headers=headers) as response:
            assert response.status == 201
            floor = floor_link(response.headers)
            one = Siren(api, str(URL(world.url).join(URL(response.headers["Location"]))), floor)
        await until(lambda: one.leg in world.media.hearers(OPS))
        yield one


def floor_link(headers: CIMultiDictProxy[str]) -> str:
    """The address that the door names, below that of the API."""
    (found,) = [link for link in headers.getall("Link") if 'rel="urn:crosspatch:floor"' in link]
    return found.partition(">")[0].removeprefix("</api/v1")


async def test_a_stream_is_let_into_a_talkgroup_while_its_program_has_the_floor(world: World) -> None:
    async with siren(world) as one, world.page() as ana:
        await ana.join("ops")
        assert world.media.open_gates(OPS) == {}
        status, told = await one.press()
        assert (status, told["state"]) == (200, "granted")
        assert told["limit_ms"] == 30_000
        assert list(world.media.open_gates(OPS)) == [one.leg]
        assert (await ana.hear_change("floor_taken"))["change"]["leg"] == one.leg
        assert await one.let_go() == 204
        assert world.media.open_gates(OPS) == {}
        assert (await ana.hear_change("floor_idle"))["change"]["why"] == FloorEnd.RELEASED


async def test_a_press_and_a_release_said_again_change_nothing(world: World) -> None:
    async with siren(world) as one:
        first, again = await one.press(), await one.press()
        assert (first[0], again[0]) == (200, 200)
        assert again[1]["limit_ms"] <= first[1]["limit_ms"]
        talkspurt = world.media.open_gates(OPS)[one.leg]
        await one.press(wait=True)
        assert world.media.open_gates(OPS)[one.leg] == talkspurt
        assert [await one.let_go() for _ in range(2)] == [204, 204]


async def test_while_another_talks_it_is_denied_or_waits_and_is_served(world: World) -> None:
    async with siren(world) as one, siren(world, "bell") as other:
        await one.press()
        status, problem = await other.press()
        assert (status, problem["code"]) == (409, RefusalCode.FLOOR_BUSY)
        status, told = await other.press(wait=True)
        assert (status, told["state"], told["place"]) == (200, "queued", 1)
        _, floor = await one.api.ask("GET", "/rooms/ops/floor")
        assert (floor["state"], floor["holder"]["leg"], floor["holder"]["kind"]) == ("taken", one.leg, "whip")
        assert [(who["leg"], who["name"]) for who in floor["queue"]] == [(other.leg, "bell")]
        await one.let_go()
        _, floor = await one.api.ask("GET", "/rooms/ops/floor")
        assert (floor["holder"]["leg"], floor["queue"]) == (other.leg, [])


async def test_letting_go_gives_up_the_place_in_the_queue(world: World) -> None:
    async with siren(world) as one, siren(world, "bell") as other:
        await one.press()
        await other.press(wait=True)
        assert await other.let_go() == 204
        _, floor = await one.api.ask("GET", "/rooms/ops/floor")
        assert (floor["holder"]["leg"], floor["queue"]) == (one.leg, [])


async def test_a_dispatcher_takes_it_out_of_the_queue_and_cuts_it_off(world: World) -> None:
    async with siren(world) as one, siren(world, "bell") as other, siren(world, "seat", DISPATCHES) as seat:
        await one.press()
        await other.press(wait=True)
        assert await seat.api.ask("DELETE", f"/rooms/ops/queue/{other.leg}") == (204, {})
        assert (await seat.press(override=True))[1]["state"] == "granted"
        _, floor = await one.api.ask("GET", "/rooms/ops/floor")
        assert (floor["holder"]["name"], floor["queue"]) == ("seat", [])


async def test_a_dispatcher_cannot_take_a_place_of_somebody_who_is_not_there(world: World) -> None:
    async with siren(world, "seat", DISPATCHES) as seat:
        status, problem = await seat.api.ask("DELETE", "/rooms/ops/queue/nobody")
        assert (status, problem["code"]) == (404, "unknown_member")


async def test_without_the_right_to_dispatch_nobody_is_cut_off(world: World) -> None:
    async with siren(world) as one, siren(world, "bell") as other:
        await one.press()
        status, problem = await other.press(override=True)
        assert (status, problem["code"]) == (403, "not_allowed")
        assert list(world.media.open_gates(OPS)) == [one.leg]


async def test_nobody_presses_for_the_stream_or_the_microphone_of_another(world: World) -> None:
    async with siren(world) as one, siren(world, "bell", tuple(Verb)) as other, world.page() as ana:
        await ana.join("ops")
        await ana.with_media()
        for leg in (other.leg, ana.leg, "nobody"):
            for method, body in (("PUT", {}), ("DELETE", None)):
                status, problem = await one.api.ask(method, f"/rooms/ops/floor/{leg}", body)
                assert (status, problem["code"]) == (404, "unknown_member"), leg
        status, _ = await other.api.ask("PUT", one.floor, {})
        assert status == 404, "not an administrator either"
        assert world.media.open_gates(OPS) == {}


async def test_two_tokens_of_one_subject_are_one_program(world: World) -> None:
    async with (
        siren(world, verbs=(Verb.LISTEN, Verb.TALK)) as encoder,
        application(world, world.token(Verb.API, Verb.TALK, subject="siren")) as presses,
    ):
        assert (await presses.ask("PUT", encoder.floor, {}))[0] == 200


async def test_what_the_streams_own_token_may_not_do_is_refused(world: World) -> None:
    async with (
        siren(world, verbs=(Verb.LISTEN, Verb.TALK)) as encoder,
        siren(world, "bell") as other,
        application(world, world.token(*DISPATCHES, subject="siren")) as presses,
    ):
        await other.press()
        status, problem = await presses.ask("PUT", encoder.floor, {"override": True})
        assert (status, problem["code"]) == (403, "not_allowed")


async def test_who_talked_beyond_the_limit_is_told_how_long_it_is_denied(world: World) -> None:
    async with siren(world) as one:
        await one.press()
        world.hub.fact(TalkLimitHit(one.leg, OPS, world.media.open_gates(OPS)[one.leg]))
        status, problem = await one.press()
        assert (status, problem["code"]) == (409, "penalty")
        assert 0 < problem["wait_ms"] <= 3000


async def test_in_an_open_room_there_is_no_floor(world: World) -> None:
    async with siren(world) as one, application(world, world.token(*DISPATCHES)) as desk:
        assert (await desk.ask("PUT", "/rooms/ops/mode", {"mode": "conference"}))[0] == 204
        status, problem = await one.press()
        assert (status, problem["code"]) == (409, "no_floor")
        assert (await one.api.ask("GET", "/rooms/ops/floor"))[1]["state"] == "open"
        assert await one.let_go() == 204


async def test_a_muted_stream_is_refused(world: World) -> None:
    async with siren(world) as one, application(world, world.token(*DISPATCHES)) as desk:
        await desk.ask("PUT", f"/rooms/ops/members/{one.leg}/muted", {"muted": True})
        status, problem = await one.press()
        assert (status, problem["code"]) == (409, "muted")


async def test_a_stream_that_ends_gives_the_floor_back_and_is_unknown(world: World) -> None:
    async with siren(world) as one:
        await one.press()
        await one.stop()
        _, floor = await one.api.ask("GET", "/rooms/ops/floor")
        assert (floor["state"], floor["holder"]) == ("idle", None)
        status, problem = await one.press()
        assert (status, problem["code"]) == (404, "unknown_member")


async def test_a_room_that_is_not_there_and_one_where_the_stream_is_not_are_answered_alike(
    world: World,
) -> None:
    async with siren(world) as one:
        for room in ("nowhere", "command"):
            status, problem = await one.api.ask("PUT", f"/rooms/{room}/floor/{one.leg}", {})
            assert (status, problem["code"]) == (404, "unknown_member")
        assert (await one.api.ask("GET", "/rooms/nowhere/floor"))[0] == 404


async def test_a_picture_without_sound_has_nothing_to_ask_for(world: World) -> None:
    token = world.token(*TALKS, Verb.VIDEO, subject="camera")
    async with application(world, token) as api:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
        async with api.http.post(f"{world.url}whip/ops", data=PICTURE_ONLY, headers=headers) as response:
            assert (response.status, response.headers.getall("Link", [])) == (201, [])
        _, room = await api.ask("GET", "/rooms/ops")
        status, problem = await api.ask("PUT", f"/rooms/ops/floor/{room['members'][0]['leg']}", {})
        assert (status, problem["code"]) == (409, "no_media")


@pytest.mark.parametrize("body", [None, [], {"wait": 1}, {"waits": True}])
async def test_a_bad_press_is_refused(world: World, body: object) -> None:
    async with siren(world) as one:
        status, _ = await one.api.ask("PUT", one.floor, body)
        assert status in (400, 415)
        assert world.media.open_gates(OPS) == {}
