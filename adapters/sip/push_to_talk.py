"""A phone's keys, and what it is told of the floor: keys become requests, news become tones.

One for a call. In an open room nothing comes of a key: there is no floor to ask for.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from enum import StrEnum
from itertools import count
from typing import TYPE_CHECKING

from gateway.model.events import Event, FloorEnd, FloorIdle
from gateway.model.ids import CommandId
from gateway.model.inputs import FloorRelease, FloorRequest
from gateway.model.refusal import RefusalCode
from gateway.ports.hub import Hub
from gateway.ports.media import Tone

if TYPE_CHECKING:
    from adapters.sip.call import Call

TAKE, GIVE_BACK = "*", "#"
COPY_S = 0.5
"""A phone that sends its keys both ways does so within this."""

Spawn = Callable[[Coroutine[None, None, None], str], None]
"""Run a coroutine as a named task owned by the adapter."""


class PttStyle(StrEnum):
    """How a phone asks for the floor and gives it back."""

    KEYS = "keys"
    """``*`` asks, ``#`` gives back."""
    TOGGLE = "toggle"
    """``*`` asks, the next ``*`` gives back; so does ``#``."""


class PushToTalk:
    """The keys of one phone, in the room that its call is in."""

    def __init__(self, call: "Call", style: PttStyle, hub: Hub, spawn: Spawn) -> None:
        self._call = call
        self._style = style
        self._hub = hub
        self._spawn = spawn
        self._ids = count(2)
        """The first command was the join."""
        self._asked: CommandId | None = None
        """The request that it has not taken back; it may hold the floor by it."""
        self._last: tuple[str, bool, float] = ("", False, 0.0)
        """The last key, whether it came by INFO, and when."""

    def key(self, key: str, *, info: bool) -> None:
        """A key went down. ``info``: told by SIP INFO, not by RTP."""
        now = asyncio.get_running_loop().time()
        last, by_info, at = self._last
        if key == last and info is not by_info and now - at < COPY_S:
            return
        self._last = (key, info, now)
        if key == GIVE_BACK or (key == TAKE and self._style is PttStyle.TOGGLE and self._asked is not None):
            self.give_back()
        elif key == TAKE:
            self._asked = CommandId(next(self._ids))
            self._spawn(self._take(self._asked), f"sip floor {self._call.number}")

    def give_back(self) -> None:
        """It wants to talk no more, or cannot."""
        self._asked = None
        self._spawn(self._give_back(), f"sip floor {self._call.number}")

    def told(self, event: Event) -> None:
        """Something happened in the room."""
        match event:
            case FloorIdle(_, leg, _, FloorEnd.RELEASED) if leg == self._call.leg:
                pass  # its own doing; it may have asked again since
            case FloorIdle(_, leg, _, why) if leg == self._call.leg:
                self._asked = None
                if why is FloorEnd.TIMED_OUT:
                    self._play(Tone.REVOKED)
            case FloorIdle():
                self._play(Tone.END_OF_TALK)
            case _:
                pass

    async def _take(self, asked: CommandId) -> None:
        call = self._call
        request = FloorRequest(id=asked, leg=call.leg, room=call.room, at=time.time())
        answer = await self._hub.command(request)
        if self._asked != asked:
            return  # taken back meanwhile: what came of it is of no use to anybody
        if answer.refusal is None:
            self._play(Tone.GRANTED)
            return
        self._asked = None
        if answer.refusal.code is not RefusalCode.NO_FLOOR:  # an open room: just talk
            self._play(Tone.DENIED)

    async def _give_back(self) -> None:
        call = self._call
        await self._hub.command(FloorRelease(id=CommandId(next(self._ids)), leg=call.leg, room=call.room))

    def _play(self, tone: Tone) -> None:
        self._hub.media.tone(self._call.leg, tone)
