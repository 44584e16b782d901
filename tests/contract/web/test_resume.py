"""A session outlives its socket for a while: hold, resume, replacement, loss."""

from pathlib import Path

from adapters.web.config import WebConfig
from adapters.web.session import RING_DELTAS
from gateway.model.grants import Verb
from tests.contract.web.world import JSON, World, running, until


async def test_the_deltas_that_were_missed_follow_without_a_gap(world: World) -> None:
    token = world.token(subject="ana")
    async with world.page("Ana", token=token) as ana:
        await ana.join()
        resume = ana.resume
        ana.socket.transport.abort()
        async with world.page("Wei") as wei, world.page("Bo") as bo:
            await wei.join()
            await bo.join()
            async with world.page("Ana", token=token, resume=resume) as back:
                assert back.welcome["resumed"] is True
                assert back.leg == ana.leg
                assert back.welcome["seq"] == resume["seq"]
                await back.hear_change("joined")
                await back.hear_change("joined")
                names = [change["person"]["name"] for change in back.changes("joined")]
                numbers = [one["seq"] for one in back.heard if one["type"] == "delta"]
                assert names == ["Wei", "Bo"]
                assert numbers == [resume["seq"] + 1, resume["seq"] + 2]


async def test_a_resume_may_change_the_encoding(world: World) -> None:
    token = world.token()
    async with world.page(token=token) as page:
        await page.join()
        resume = page.resume
        page.socket.transport.abort()
        async with world.page(token=token, subprotocol=JSON, resume=resume) as back:
            assert back.welcome["resumed"] is True


async def test_the_floor_is_kept_over_a_resume(world: World) -> None:
    token = world.token()
    async with world.page("Ana", token=token) as ana, world.page("Wei") as wei:
        for page in (ana, wei):
            await page.with_media()
            await page.join()
        granted = await ana.ask("floor_request", id=70, room="ops")
        resume = ana.resume
        ana.socket.transport.abort()
        await until(lambda: world.counter("sessions_on_hold") == 1)
        async with world.page("Ana", token=token, resume=resume) as back:
            assert await back.ask("floor_request", id=70, room="ops") == granted
            assert wei.changes("floor_idle") == []
            assert (await back.ask("floor_release", id=71, room="ops"))["ok"]


async def test_a_lost_session_leaves_after_the_hold(tmp_path: Path) -> None:
    async with running(tmp_path, WebConfig(resume_hold_s=0.1)) as world:
        token = world.token()
        async with world.page("Wei") as wei:
            await wei.join()
            async with world.page("Ana", token=token) as ana:
                await ana.join()
                resume = ana.resume
                ana.socket.transport.abort()
                assert (await wei.hear_change("left"))["change"]["leg"] == ana.leg
            async with world.page("Ana", token=token, resume=resume) as back:
                assert back.welcome["resumed"] is False
                assert back.leg != ana.leg
                assert back.welcome["rooms"] == []


async def test_a_session_resumed_elsewhere_says_replaced(world: World) -> None:
    token = world.token()
    async with world.page(token=token) as first, world.page(token=token, resume=first.resume) as second:
        assert second.welcome["resumed"] is True
        assert (await first.hear_type("bye"))["code"] == "replaced"
        assert await first.closed() == (4003, "replaced")
        assert (await second.ask("ping"))["ok"]
    await until(lambda: world.counter("sessions_on_hold") == 1)


async def test_a_wrong_key_opens_a_new_session_and_leaves_the_old_one_alone(world: World) -> None:
    token = world.token()
    async with world.page(token=token) as first:
        wrong = first.resume | {"key": "x" * 43}
        async with world.page(token=token, resume=wrong) as second:
            assert second.leg != first.leg
            assert (await first.ask("ping"))["ok"]


async def test_a_key_does_not_open_a_session_for_another_person(world: World) -> None:
    async with world.page(token=world.token(subject="ana")) as ana, world.socket() as eve:
        await eve.say(type="hello", token=world.token(subject="eve"), name="Eve", resume=ana.resume)
        assert (await eve.hear())["code"] == "not_allowed"
        assert (await ana.ask("ping"))["ok"]


async def test_a_made_up_resume_does_not_get_around_the_limit(tmp_path: Path) -> None:
    limits = WebConfig(sessions_max=1)
    async with running(tmp_path, limits) as world, world.page() as first, world.socket() as second:
        made_up = first.resume | {"key": "x"}
        await second.say(type="hello", token=world.token(), name="Bo", resume=made_up)
        assert (await second.hear())["code"] == "too_many"


async def test_a_full_gateway_still_lets_a_session_resume(tmp_path: Path) -> None:
    async with running(tmp_path, WebConfig(sessions_max=1)) as world:
        token = world.token()
        async with world.page(token=token) as first, world.page(token=token, resume=first.resume) as back:
            assert back.welcome["resumed"] is True


async def test_a_number_from_the_future_gets_a_snapshot(world: World) -> None:
    token = world.token()
    async with world.page(token=token) as page:
        await page.join()
        async with world.page(token=token, resume=page.resume | {"seq": 10**6}) as back:
            assert back.welcome["resumed"] is False
            assert [room["id"] for room in back.welcome["rooms"]] == ["ops"]
            assert back.leg == page.leg


async def test_more_missed_deltas_than_are_kept_end_in_a_snapshot(tmp_path: Path) -> None:
    limits = WebConfig(messages_burst=4 * RING_DELTAS)
    async with running(tmp_path, limits) as world:
        token = world.token()
        async with world.page("Ana", token=token) as ana:
            await ana.join()
            resume = ana.resume
            ana.socket.transport.abort()
            async with world.page("Dee", token=world.token(Verb.DISPATCH, Verb.LISTEN)) as dispatcher:
                await dispatcher.join()
                for step in range(RING_DELTAS):
                    mode = "conference" if step % 2 else "broadcast"
                    await dispatcher.say(type="set_mode", id=10 + step, room="ops", mode=mode)
                    if step % 16 == 15:
                        while len(dispatcher.changes("mode_changed")) <= step:
                            await dispatcher.hear()
                async with world.page("Ana", token=token, resume=resume) as back:
                    assert back.welcome["resumed"] is False
                    assert back.leg == ana.leg
                    assert [room["mode"] for room in back.welcome["rooms"]] == ["conference"]
                    await dispatcher.ask("set_mode", id=5000, room="ops", mode="talkgroup")
                    delta = await back.hear_change("mode_changed")
                    assert delta["seq"] == back.welcome["seq"] + 1


async def test_a_silent_session_is_told_so_and_may_resume(tmp_path: Path) -> None:
    async with running(tmp_path, WebConfig(silence_s=0.1)) as world:
        token = world.token()
        async with world.page(token=token) as page:
            assert (await page.hear_type("bye"))["code"] == "silent"
            assert (await page.closed())[0] == 4004
            async with world.page(token=token, resume=page.resume) as back:
                assert back.welcome["resumed"] is True


async def test_a_socket_without_hello_is_closed_in_time(tmp_path: Path) -> None:
    async with running(tmp_path, WebConfig(hello_timeout_s=0.1)) as world, world.socket() as page:
        assert (await page.hear())["code"] == "silent"
        assert (await page.closed())[0] == 4004


async def test_a_session_on_hold_that_nobody_wants_back_frees_its_place(tmp_path: Path) -> None:
    async with running(tmp_path, WebConfig(resume_hold_s=0.05, sessions_max=1)) as world:
        async with world.page() as page:
            page.socket.transport.abort()
        await until(lambda: world.counter("sessions") == 0)
        async with world.page() as next_one:
            assert (await next_one.ask("ping"))["ok"]
