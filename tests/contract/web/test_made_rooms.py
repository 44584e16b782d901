"""Making and closing a room as pages see it."""

from gateway.model.grants import Verb
from tests.contract.web.world import World

DISPATCHER = (Verb.LISTEN, Verb.TALK, Verb.DISPATCH)


async def test_a_page_in_a_room_is_told_of_a_room_that_it_may_see_and_can_join_it(world: World) -> None:
    async with world.page("Wei", token=world.token(*DISPATCHER)) as wei, world.page("Ana") as ana:
        await ana.join()
        made = (await wei.ask("create_room", name="爆管 Burst pipe"))["made"]
        heard = (await ana.hear_change("room_made"))["change"]
        for told in (heard["made"], wei.changes("room_made")[0]["made"]):
            assert (told["id"], told["name"], told["mode"]) == (made, "爆管 Burst pipe", "talkgroup")
        assert (await ana.ask("join", room=made))["room"]["made"]
        async with world.page("Bo") as bo:
            assert made in {room["id"] for room in bo.welcome["visible"]}
        refused = await wei.ask("delete_room", room=made)
        assert (refused["ok"], refused["code"]) == (False, "room_in_use")
        await ana.ask("leave", room=made)
        assert (await wei.ask("delete_room", room=made))["ok"]
        assert (await ana.hear_change("room_gone"))["change"]["gone"] == made


async def test_a_page_that_may_not_dispatch_everywhere_makes_no_room(world: World) -> None:
    async with (
        world.page("Ana") as ana,
        world.page("Bo", token=world.token(*DISPATCHER, rooms=("ops",))) as bo,
    ):
        for page in (ana, bo):
            assert (await page.ask("create_room", name="Mine"))["code"] == "not_allowed"


async def test_a_name_that_nobody_can_read_is_refused(world: World) -> None:
    async with world.page("Wei", token=world.token(*DISPATCHER)) as wei:
        assert (await wei.ask("create_room", name=" \t"))["code"] == "invalid"
