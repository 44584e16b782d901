"""A page that a dispatcher takes to another room, as it sees it."""

from gateway.model.grants import Verb
from tests.contract.web.world import World

DISPATCHER = (Verb.LISTEN, Verb.TALK, Verb.DISPATCH)


async def test_a_page_is_told_where_it_is_and_may_see_and_talk_there_though_its_token_ends_at_the_door(
    world: World,
) -> None:
    async with (
        world.page("Ana", token=world.token(rooms=("ops",))) as ana,
        world.page("Wei", token=world.token(*DISPATCHER)) as wei,
    ):
        await ana.with_media()
        await ana.join()
        assert (await ana.ask("join", room="command"))["code"] == "not_allowed"
        for room in ("ops", "command"):
            assert (await wei.ask("join", room=room))["ok"]
        assert (await wei.ask("move_member", room="ops", member=ana.leg, to="command"))["ok"]
        assert (await ana.hear_change("moved"))["change"] == {"type": "moved", "room": "ops", "to": "command"}
        left = (await ana.hear_change("left"))["change"]
        assert (left["room"], left["leg"], left["why"]) == ("ops", ana.leg, "moved")
        there = (await ana.ask("join", room="command"))["room"]
        assert {member["leg"] for member in there["members"]} == {ana.leg, wei.leg}
        await wei.ask("set_mode", room="command", mode="talkgroup")
        assert (await ana.ask("floor_request", room="command"))["ok"]


async def test_what_was_lent_is_gone_when_the_page_has_left_that_room(world: World) -> None:
    async with (
        world.page("Ana", token=world.token(rooms=("ops",))) as ana,
        world.page("Wei", token=world.token(*DISPATCHER)) as wei,
    ):
        await ana.join()
        for room in ("ops", "command"):
            await wei.ask("join", room=room)
        await wei.ask("move_member", room="ops", member=ana.leg, to="command")
        await ana.hear_change("left")
        await wei.ask("move_member", room="command", member=ana.leg, to="ops")
        await ana.hear_change("left")
        assert (await ana.ask("join", room="command"))["code"] == "not_allowed"
        assert (await ana.ask("join", room="ops"))["ok"]


async def test_a_page_that_was_on_hold_when_it_was_moved_is_told_on_its_return(world: World) -> None:
    token = world.token(rooms=("ops",))
    async with world.page("Wei", token=world.token(*DISPATCHER)) as wei:
        async with world.page("Ana", token=token) as ana:
            await ana.join()
            resume, leg = ana.resume, ana.leg
        for room in ("ops", "command"):
            await wei.ask("join", room=room)
        assert (await wei.ask("move_member", room="ops", member=leg, to="command"))["ok"]
        async with world.page("Ana", token=token, resume=resume) as back:
            assert back.welcome["resumed"]
            assert (await back.hear_change("moved"))["change"]["to"] == "command"
            assert (await back.ask("join", room="command"))["ok"]
