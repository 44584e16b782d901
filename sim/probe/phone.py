"""A desk phone with a stopwatch: ``*`` takes the floor, ``#`` gives it back."""

import asyncio
import time

from sim.phone import Call, Phone
from sim.probe.take import Block, Spurt, Take
from sim.signal.encode import Pcm, numbered
from sim.signal.played import Recorder
from sim.signal.tones import FRAME_MS

_FRAME_S = FRAME_MS / 1000
_LATCH_FRAMES = 10


class TimedRecorder(Recorder):
    """Keeps also when each block came."""

    def forget(self) -> None:
        self._timed: list[Block] = []
        super().forget()

    def put(self, at: int, block: Pcm) -> None:
        self._timed.append(Block(at, time.monotonic(), block))
        super().put(at, block)

    def timed(self) -> tuple[Block, ...]:
        """Since ``forget``."""
        return tuple(self._timed)


class PhoneLeg:
    """A phone in a call."""

    def __init__(self, call: Call) -> None:
        self.up_s = time.monotonic()
        """The call was answered."""
        self.call = call
        self.rate_hz = call.sound.codec.rate_hz
        self._recorder = TimedRecorder(self.rate_hz)
        call.sound.recorder = self._recorder

    @classmethod
    async def dial(cls, phone: Phone, number: str) -> "PhoneLeg":
        """In the room, its way through the network known. Raises Refused."""
        leg = cls(await phone.call(number))
        await leg.call.sound.say(_LATCH_FRAMES)
        return leg

    async def talk(self, first: int, frames: int) -> Spurt:
        """The floor key, speech as soon as that key is up again, then the other key.

        The floor is granted when the phone plays the tone that says so.
        """
        sound = self.call.sound
        voice = numbered(first, frames, rate_hz=self.rate_hz)
        await self.forget()
        pressed_s = time.monotonic()
        await sound.press("*")
        await asyncio.sleep(_FRAME_S)  # a packet leaves when its last sample was spoken
        voice_s = time.monotonic() - _FRAME_S
        await sound.play(voice)
        await sound.press("#")
        tone_s = (await self.take()).sound_after(pressed_s)
        return Spurt(pressed_s, tone_s, voice_s, first, frames)

    async def forget(self) -> None:
        self._recorder.forget()

    async def take(self) -> Take:
        """What came since ``forget``, by the packets' arrival."""
        return Take(self.rate_hz, self._recorder.timed())
