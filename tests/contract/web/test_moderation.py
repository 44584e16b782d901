"""Muting and removing as pages see it."""

from gateway.model.grants import Verb
from tests.contract.web.world import World, until

DISPATCHER = (Verb.LISTEN, Verb.TALK, Verb.DISPATCH)


async def test_a_removed_page_is_told_why_and_its_session_cannot_be_resumed(world: World) -> None:
    token = world.token()
    async with (
        world.page("Ana", token=token) as ana,
        world.page("Wei", token=world.token(*DISPATCHER)) as wei,
    ):
        await ana.join()
        await wei.join()
        assert (await wei.ask("remove_member", room="ops", member=ana.leg))["ok"]
        assert (await ana.closed())[0] == 4007
        assert ana.changes("left")[-1] == {"type": "left", "room": "ops", "leg": ana.leg, "why": "removed"}
        assert (ana.heard[-1]["type"], ana.heard[-1]["code"]) == ("bye", "removed")
        await until(lambda: world.counter("sessions") == 1)
        async with world.page("Ana", token=token, resume=ana.resume) as back:
            assert not back.welcome["resumed"]
            assert back.leg != ana.leg


async def test_a_muted_page_is_denied_with_that_reason_and_the_roster_says_so(world: World) -> None:
    async with world.page("Ana") as ana, world.page("Wei", token=world.token(*DISPATCHER)) as wei:
        await ana.with_media()
        await ana.join()
        await wei.join()
        assert (await ana.ask("floor_request", room="ops"))["ok"]
        assert (await wei.ask("mute_member", room="ops", member=ana.leg, muted=True))["ok"]
        idle = (await ana.hear_change("floor_idle"))["change"]
        assert (idle["leg"], idle["why"]) == (ana.leg, "muted")
        told = (await ana.hear_change("member_muted"))["change"]
        assert (told["leg"], told["muted"], told["by"]) == (ana.leg, True, wei.leg)
        refused = await ana.ask("floor_request", room="ops")
        assert (refused["ok"], refused["code"]) == (False, "muted")
        async with world.page("Bo") as bo:
            members = (await bo.join())["room"]["members"]
            assert {m["leg"] for m in members if m.get("muted")} == {ana.leg}
