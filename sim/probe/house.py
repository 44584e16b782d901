"""The room as its members are told of it, and the dispatcher who takes a radio in and out of it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sim.console import Console, console

SOURCE = "127.0.0.2"
"""Whoever watches comes from another loopback address: a weak network of the pages is not his."""
_PATIENCE_S = 15.0


class MoveRefused(Exception):
    """The gateway did not take a leg to another room."""


class House:
    """Made by ``house``."""

    def __init__(self, room: str, dispatcher: Console) -> None:
        self.room = room
        self._dispatcher = dispatcher
        self._taken_s: float | None = None
        self._news = asyncio.Event()
        self._idle = True

    def forget(self) -> None:
        self._taken_s = None

    @property
    def taken_s(self) -> float | None:
        """When a member was told that somebody took the floor, for the first time since ``forget``."""
        return self._taken_s

    async def idle(self) -> None:
        """Wait until nobody has the floor. Raises TimeoutError."""
        async with asyncio.timeout(_PATIENCE_S):
            while not self._idle:
                self._news.clear()
                await self._news.wait()

    async def legs(self, kind: str) -> dict[str, str]:
        """Members of a kind: leg by name."""
        answer = await self._dispatcher.ask("join", room=self.room)
        members = answer["room"]["members"]
        return {member["name"]: member["leg"] for member in members if member["kind"] == kind}

    async def move(self, leg: str, source: str, sink: str) -> float:
        """Take a leg from one room to another; when that was done. Raises MoveRefused."""
        answer = await self._dispatcher.ask("move_member", room=source, member=leg, to=sink)
        if not answer["ok"]:
            raise MoveRefused(f"{leg} from {source} to {sink}: {answer}")
        return time.monotonic()

    async def follow(self, listener: Console) -> None:
        """For ever."""
        async for change in listener.follow():
            if change.get("room") != self.room or change["type"] not in ("floor_taken", "floor_idle"):
                continue
            self._idle = change["type"] == "floor_idle"
            if not self._idle and self._taken_s is None:
                self._taken_s = time.monotonic()
            self._news.set()


@asynccontextmanager
async def house(url: str, token: str, room: str, other: str) -> AsyncIterator[House]:
    """Two members without voice: one listens to what is told, one dispatches in both rooms."""
    async with (
        console(url, token, room, "Stopwatch", source=SOURCE) as listener,
        console(url, token, room, "Dispatcher", source=SOURCE) as dispatcher,
    ):
        await dispatcher.ask("join", room=other)
        watching = House(room, dispatcher)
        task = asyncio.create_task(watching.follow(listener), name="probe follows the room")
        try:
            yield watching
        finally:
            task.cancel()
            await asyncio.wait({task})
