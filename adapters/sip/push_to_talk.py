"""A phone's keys, and what it is told of the floor: keys become requests, news become tones.

One for a call. In an open room nothing comes of a key: there is no floor to ask for.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from enum import StrEnum
from itertools import count
from typing import TYPE_CHECKING

from gateway.model.events import (
    Event,
    FloorEnd,
    FloorIdle,
    FloorRevoked,
    FloorTaken,
    FloorUnserved,
    FloorWarned,
)
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
_CUT_OFF = (FloorEnd.TIMED_OUT, FloorEnd.MUTED, FloorEnd.PREEMPTED, FloorEnd.CARRIER, FloorEnd.UNHEARD)
"""Ends that the talker hears of."""
_TAKEN_OVER = (FloorEnd.PREEMPTED, FloorEnd.CARRIER)
"""Ends after which somebody else talks already."""
_LASTING = (Tone.QUEUED, Tone.TIME_NEARLY_OUT, Tone.REVOKED)
"""Tones that go on for seconds, or until they are ended."""

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
        self._holds = False
        self._waits = False
        """It is in the queue and knows."""
        self._revoked = False
        """It was told that its time is over."""
        self._lasts = False
        """The tone that began last may still sound."""

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
        self._hush()
        self._spawn(self._give_back(), f"sip floor {self._call.number}")

    def told(self, event: Event) -> None:
        """Something happened in the room."""
        leg = self._call.leg
        match event:
            case FloorTaken(_, holder) if holder == leg:
                self._holds = True
                if self._waits:
                    self._waits = False
                    self._play(Tone.GO)
            case FloorUnserved():
                self._asked, self._waits = None, False
                self._play(Tone.DENIED)
            case FloorWarned():
                self._play(Tone.TIME_NEARLY_OUT)
            case FloorRevoked():
                self._revoked = True
                self._play(Tone.REVOKED)
            case FloorIdle(_, holder, _, why) if holder == leg:
                self._lost(why)
            case FloorIdle(_, _, _, why) if why not in _TAKEN_OVER and not self._waits:
                self._play(Tone.END_OF_TALK)
            case _:
                pass

    def _lost(self, why: FloorEnd) -> None:
        """Its talkspurt has ended."""
        revoked, self._revoked, self._holds = self._revoked, False, False
        if why is FloorEnd.RELEASED:
            return  # its own doing; it may have asked again since
        self._asked = None
        if why in _CUT_OFF and not revoked:
            self._play(Tone.REVOKED)
        elif why not in _CUT_OFF:
            self._hush()

    async def _take(self, asked: CommandId) -> None:
        call = self._call
        request = FloorRequest(id=asked, leg=call.leg, room=call.room, at=time.time(), waits=True)
        answer = await self._hub.command(request)
        if self._asked != asked:
            return  # taken back meanwhile: what came of it is of no use to anybody
        if answer.refusal is not None:
            self._asked = None
            if answer.refusal.code is not RefusalCode.NO_FLOOR:  # an open room: just talk
                self._play(Tone.DENIED)
        elif answer.place == 0:
            self._play(Tone.GRANTED)
        elif self._holds:  # its turn came before this did
            self._play(Tone.GO)
        else:
            self._waits = True
            self._play(Tone.QUEUED)

    async def _give_back(self) -> None:
        call = self._call
        await self._hub.command(FloorRelease(id=CommandId(next(self._ids)), leg=call.leg, room=call.room))

    def _play(self, tone: Tone) -> None:
        self._lasts = tone in _LASTING
        self._hub.media.tone(self._call.leg, tone)

    def _hush(self) -> None:
        """What the tone said is over."""
        self._waits = False
        if self._lasts:
            self._play(Tone.OFF)
