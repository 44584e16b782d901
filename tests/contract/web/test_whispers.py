"""Whispering, and what nobody may, as pages see it."""

import pytest
from structlog.testing import capture_logs

from gateway.model.grants import Verb
from tests.contract.web.world import World

DISPATCHER = (Verb.LISTEN, Verb.TALK, Verb.DISPATCH)


async def test_a_page_is_told_who_whispers_to_it_and_a_third_page_is_told_nothing(world: World) -> None:
    async with (
        world.page("Ana") as ana,
        world.page("Bo") as bo,
        world.page("Wei", token=world.token(*DISPATCHER)) as wei,
    ):
        for page in (ana, bo, wei):
            await page.with_media()
            await page.join()
        begun = await wei.ask("whisper", room="ops", member=ana.leg, on=True)
        assert (begun["ok"], begun["limit_ms"] > 0) == (True, True)
        told = (await ana.hear_change("whisper_changed"))["change"]
        assert (told["leg"], told["member"], told["on"]) == (wei.leg, ana.leg, True)
        assert (await wei.ask("whisper", room="ops", member=ana.leg, on=False))["ok"]
        over = (await ana.hear_change("whisper_changed"))["change"]
        assert (over["on"], over["why"]) == (False, "released")
        refused = await wei.ask("floor_request", room="ops")
        assert (refused["ok"], refused["code"], 0 < refused["wait_ms"] <= 700) == (False, "whispering", True)
        assert (await bo.ask("floor_request", room="ops"))["ok"]
        assert bo.changes("whisper_changed") == []


@pytest.mark.parametrize("verb", ["discreet_listening", "remote_microphone"])
async def test_what_nobody_may_is_refused_by_name_and_the_log_says_who_asked(world: World, verb: str) -> None:
    admin = world.token(Verb.ADMIN)
    async with world.page("Ana") as ana, world.page("Wei", token=admin) as wei:
        await ana.join()
        await wei.join()
        with capture_logs() as logged:
            refused = await wei.ask(verb, room="ops", member=ana.leg)
        assert (refused["ok"], refused["code"]) == (False, "forbidden")
        assert refused["detail"]
        (line,) = [one for one in logged if one.get("verb") == verb]
        assert (line["log_level"], line["leg"], bool(line["subject"])) == ("warning", wei.leg, True)
