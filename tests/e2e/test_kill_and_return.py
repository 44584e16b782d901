"""Story 3: kill -9 of the gateway in use, restart, replay; pages come back without a reload."""

import asyncio
from contextlib import suppress
from pathlib import Path

from playwright.async_api import Browser, expect

from sim.browser.chromium import open_page
from sim.browser.dispatcher import Dispatcher
from sim.browser.made_rooms import make_room
from sim.gateway import Gateway, gateway
from sim.leaks import holds, released
from sim.peers.session import Session, SessionEnded, session
from tests.e2e.talking_pages import talk, two_in_a_room

SESSIONS = 6
ANSWERS = 200
_DEADLINE_S = 60.0

Answered = dict[tuple[str, int], str]
"""Refusal code, or "" when done, by leg and command id."""


class Crowd:
    """Sessions that keep on asking until the gateway is gone."""

    def __init__(self) -> None:
        self.sessions: list[Session] = []

    async def member(self, hub: Gateway, token: str, number: int) -> None:
        with suppress(SessionEnded, OSError):
            async with session(hub.url, token, f"unit {number}") as signed_in:
                self.sessions.append(signed_in)
                while True:
                    for kind in ("join", "floor_request", "floor_release", "leave"):
                        await signed_in.ask(kind, room="ops" if number % 2 else "command")

    def answered(self) -> Answered:
        return {
            (one.welcome["leg"], number): "" if answer["ok"] else answer["code"]
            for one in self.sessions
            for number, answer in one.answers.items()
        }

    async def have(self, answers: int) -> None:
        async with asyncio.timeout(_DEADLINE_S):
            while len(self.answered()) < answers:  # noqa: ASYNC110 - six sessions, one count
                await asyncio.sleep(0.01)


async def in_the_log(hub: Gateway) -> Answered:
    """Every answer that the log holds, by the record of its own command."""
    return {
        (effect["leg"], effect["id"]): effect["refusal"]["code"] if effect["refusal"] else ""
        for record in await hub.replay()
        for effect in record["effects"]
        if effect["t"] == "Answer" and effect["id"] == record["input"]["id"]
    }


async def test_after_kill_9_no_answered_command_is_missing_from_the_log(tmp_path: Path) -> None:
    async with gateway(tmp_path) as hub:
        token = await hub.token()
        answered: Answered = {}
        for kills in (1, 2):
            crowd = Crowd()
            async with asyncio.TaskGroup() as tasks:
                for number in range(SESSIONS):
                    tasks.create_task(crowd.member(hub, token, number))
                await crowd.have(ANSWERS)
                await hub.kill()
            answered |= crowd.answered()
            await hub.start()
            logged = await in_the_log(hub)
            assert len(answered) >= kills * ANSWERS
            assert {key: logged.get(key) for key in answered} == answered


async def test_after_kill_9_pages_come_back_without_a_reload_and_talk_again(
    tmp_path: Path, browser: Browser
) -> None:
    async with gateway(tmp_path) as hub:
        before = await holds(hub)
        async with two_in_a_room(hub, browser) as (one, other):
            for page in (one, other):
                await page.heard_here.page.evaluate("window.notReloaded = true")
            await talk(one, other, 0)
            await other.press()
            await hub.kill()
            await other.slab_is("offline")
            await other.let_go()
            await hub.start()
            for page in (one, other):
                await page.is_up()
                await page.sees_members(2)
                assert await page.heard_here.page.evaluate("window.notReloaded")
            await talk(one, other, 1000)
            await talk(other, one, 2000)
        await released(hub, before)
        assert len({record["boot"] for record in await hub.replay()}) == 2


async def test_after_kill_9_a_room_that_a_dispatcher_made_is_there_with_its_messages(
    tmp_path: Path, browser: Browser
) -> None:
    async with gateway(tmp_path) as hub, open_page(browser) as opened:
        seat, token = Dispatcher(opened), await hub.token(grants="listen,talk,data,dispatch")
        await seat.sit(hub.url, token, "Seat 02")
        made = await make_room(seat, "爆管 Burst pipe")
        await seat.select(made)
        await seat.set_mode("conference")
        await seat.page.get_by_test_id("message-draft").fill("Water at the gate")
        await seat.page.get_by_test_id("message-send").click()
        message = seat.page.get_by_test_id("message")
        await expect(message).to_have_attribute("data-phase", "stored")
        await hub.kill()
        await seat.attention_is("offline")
        await hub.start()
        await seat.attention_is("quiet")
        await expect(seat.strip(made)).to_contain_text("爆管 Burst pipe")
        await expect(message.get_by_test_id("message-text")).to_have_text(["Water at the gate"])
        assert await make_room(seat, "Gas leak") != made
        async with session(hub.url, token, "Ann") as another:
            room = (await another.ask("join", room=made))["room"]
        assert (room["name"], room["mode"], room["made"]) == ("爆管 Burst pipe", "conference", True)
        assert [message["text"] for message in room["messages"]] == ["Water at the gate"]
        assert len({record["boot"] for record in await hub.replay()}) == 2
