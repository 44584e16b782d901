"""The demo world as a newcomer meets it: started, its link opened, spoken into, ended with Ctrl-C."""

import asyncio
import os
import re
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from sim.browser.chromium import open_page
from sim.browser.dispatcher import Dispatcher
from sim.console import Console, console
from sim.peers.session import Message, session
from sim.signal.decode import decode
from sim.signal.encode import read_wav

ROOT = Path(__file__).resolve().parents[2]
START_S, END_S, PATIENCE_S = 60.0, 25.0, 30.0
FIRST_CLICK_TO_ALL_S = 10.0
FRAMES = 50
LINK = re.compile(r"(http://127\.0\.0\.1:\d+)/#token=(\S+)")
ROOM = "center"


class Demo:
    """``python -m sim.demo`` in a process group of its own, as a terminal has it."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self.process = process
        self.folder = folder
        self.lines: deque[str] = deque(maxlen=500)
        self._spoke = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    async def says(self, words: str, within_s: float = PATIENCE_S) -> str:
        async with asyncio.timeout(within_s):
            while not (found := [line for line in self.lines if re.search(words, line)]):
                assert not self._reader.done(), "\n".join(self.lines)
                self._spoke.clear()
                await self._spoke.wait()
        return found[0]

    async def link(self) -> tuple[str, str]:
        """Address and token of the printed link."""
        match = LINK.search(await self.says("/#token=", START_S))
        assert match is not None
        return match[1], match[2]

    async def loads(self, library: str) -> None:
        """Wait until Python has come to this library, far from anything that runs."""
        async with asyncio.timeout(START_S):
            while library not in (Path("/proc") / str(self.process.pid) / "maps").read_text():  # noqa: ASYNC110
                await asyncio.sleep(0)

    def programs(self) -> set[int]:
        """Every process that it started, and theirs."""
        parents = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with suppress(OSError):
                    parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        found, before = {self.process.pid}, set[int]()
        while found != before:
            before = found
            found = found | {pid for pid, parent in parents.items() if parent in found}
        return found

    def bridge(self) -> int:
        """The radio bridge; its watchdog is its child."""
        words = {
            pid: (Path("/proc") / str(pid) / "cmdline").read_bytes().split(b"\0") for pid in self.programs()
        }
        return min(pid for pid, line in words.items() if b"bridge" in line)

    async def gone(self, programs: set[int]) -> None:
        async with asyncio.timeout(END_S):
            while any(_lives(pid) for pid in programs):  # noqa: ASYNC110 - processes to poll
                await asyncio.sleep(0.1)

    async def ends(self, how: signal.Signals) -> int:
        if self.process.returncode is None:
            os.killpg(self.process.pid, how)
        async with asyncio.timeout(END_S):
            code = await self.process.wait()
            await self._reader
        return code

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode().rstrip())
            self._spoke.set()
        self._spoke.set()


def _lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def moved(changes: list[Message]) -> set[str]:
    """Who has been at two places."""
    places = {
        (change["leg"], change["position"]["lat"], change["position"]["lon"])
        for change in changes
        if change["type"] == "position_changed"
    }
    legs = [leg for leg, _, _ in places]
    return {leg for leg in legs if legs.count(leg) > 1}


async def member(dispatcher: Console, name: str) -> dict[str, Any]:
    """As the room has it now."""
    room = (await dispatcher.ask("join", room=ROOM))["room"]
    return {person["name"]: person for person in room["members"]}[name]


def left(folder: Path) -> list[Path]:
    return list(folder.iterdir())


@asynccontextmanager
async def demo(folder: Path, *options: str) -> AsyncIterator[Demo]:
    words = ("-m", "sim.demo", "--dir", str(folder / "demo"), "--port", "0", *options)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *words),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    running = Demo(process, folder / "demo")
    try:
        yield running
        assert not [line for line in running.lines if "Traceback" in line], "\n".join(running.lines)
    finally:
        await running.ends(signal.SIGINT)


async def test_ten_seconds_after_the_first_click_the_parrot_answers_the_phone_heard_and_both_cameras_live(
    browser: Browser, tmp_path: Path
) -> None:
    loop = asyncio.get_running_loop()
    async with demo(tmp_path) as world, open_page(browser) as opened:
        page = Dispatcher(opened)
        await page.open_link(*await world.link(), "Ada")
        began_s = loop.time()
        await page.click_in()
        await page.pictures.write_down()
        await page.select(ROOM)
        await page.press()
        await page.strip_is(ROOM, "talking")
        await opened.say(0, FRAMES)
        await page.let_go()
        await opened.heard_out(loud_ms=(FRAMES - 5) * 20, quiet_ms=200)
        answers = [played.heard() for played in await opened.played()]
        assert [heard for heard in answers if heard.frames >= FRAMES - 3], answers
        await world.says(r"heard .* on its line to Command center")
        await page.pictures.sees(2)
        for leg, _ in (await page.pictures.tiles()).values():
            await page.pictures.moving(leg, 10)
        took_s = loop.time() - began_s
        heard = decode(*read_wav(world.folder / "heard.wav"))
        assert heard.frames >= FRAMES - 3, heard
        assert took_s < FIRST_CLICK_TO_ALL_S


async def test_the_desk_phone_answers_when_it_is_called_and_speaks(tmp_path: Path) -> None:
    async with demo(tmp_path, "--no-radio") as world:
        url, token = await world.link()
        async with console(url, token, "hq") as dispatcher:
            answer = await dispatcher.ask("call_number", room="hq", number="101")
            assert answer["ok"], answer
            assert await dispatcher.call_reaches("answered", "failed", "unreachable") == "answered"
            await dispatcher.told("floor_taken")


async def test_both_responders_say_how_it_is_with_them_and_where_they_move(tmp_path: Path) -> None:
    async with demo(tmp_path, "--no-radio") as world:
        url, token = await world.link()
        async with session(url, token, "Dispatch") as line:
            joined = await line.ask("join", room=ROOM)
            statuses = {
                person["status"]["code"] for person in joined["room"]["members"] if "status" in person
            }
            assert statuses == {"en_route", "on_scene"}
            await line.until(lambda: len(moved(line.changes)) == 2)


async def test_a_responder_that_was_sent_out_of_one_room_comes_back_with_its_camera_and_status(
    tmp_path: Path,
) -> None:
    async with demo(tmp_path, "--no-radio") as world:
        url, token = await world.link()
        async with console(url, token, ROOM) as dispatcher:
            li_na = await member(dispatcher, "Li Na")
            assert li_na["shows"] == ["camera"]
            assert (await dispatcher.ask("remove_member", room=ROOM, member=li_na["leg"]))["ok"]
            async with asyncio.timeout(PATIENCE_S):
                async for change in dispatcher.follow():
                    if change["type"] == "status_changed" and change["leg"] == li_na["leg"]:
                        break
            its = [change for change in dispatcher.changes if change.get("leg") == li_na["leg"]]
            assert {"type": "left", "room": ROOM, "leg": li_na["leg"], "why": "removed"} in its
            li_na = await member(dispatcher, "Li Na")
            assert (li_na["shows"], li_na["status"]["code"]) == (["camera"], "en_route")


async def test_a_radio_bridge_that_is_killed_comes_back_and_can_be_keyed(tmp_path: Path) -> None:
    async with demo(tmp_path) as world:
        url, token = await world.link()
        async with console(url, token, ROOM) as dispatcher:
            radio = await member(dispatcher, "VHF command")
            assert radio["air"]["state"] == "ready"
            os.kill(world.bridge(), signal.SIGKILL)
            await world.says("Radio site: away")
            async with asyncio.timeout(PATIENCE_S):
                seen: list[str] = []
                async for change in dispatcher.follow():
                    if change["type"] == "air_changed" and change["leg"] == radio["leg"]:
                        seen.append(change["air"]["state"])
                    if seen[-1:] == ["ready"]:
                        break
            assert "offline" in seen


async def test_ctrl_c_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    async with demo(tmp_path) as world:
        await world.link()
        programs = world.programs()
        assert len(programs) >= 5, "gateway, broker, bridge and its watchdog"
        assert await world.ends(signal.SIGINT) == 0
        await world.gone(programs)
        assert left(tmp_path) == []


@pytest.mark.parametrize("library", ["_ctypes", "_ssl", "_multiarray_umath", "libavcodec"])
async def test_ctrl_c_while_python_still_loads_ends_without_a_word_of_complaint(
    tmp_path: Path, library: str
) -> None:
    async with demo(tmp_path, "--no-radio") as world:
        await world.loads(library)
        assert await world.ends(signal.SIGINT) == 0
        assert list(world.lines) == ["ended"]
        assert left(tmp_path) == []


async def test_a_world_that_is_killed_takes_its_programs_along_and_the_next_one_cleans_up(
    tmp_path: Path,
) -> None:
    async with demo(tmp_path, "--no-radio") as first:
        await first.link()
        programs = first.programs()
        await first.ends(signal.SIGKILL)
        await first.gone(programs)
    async with demo(tmp_path, "--no-radio") as second:
        await second.link()
    assert left(tmp_path) == []
