"""The desk phone: registers, keeps a line open to the command center, answers when it is called.

On each line it listens, says that it has heard an exchange, and speaks up by itself when it was quiet for
long. What it heard last lies in a file, as proof.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from sim.demo.setting import CENTER, DESK_NAME, DESK_NUMBER
from sim.demo.sounds import ANNOUNCEMENT, GREETING, HEARD, chime, murmur
from sim.demo.tally import Tally, spoken
from sim.phone import Call, Phone, Refused
from sim.signal.encode import Pcm, write_wav
from sim.signal.played import Played

_QUIET_S = 1.5
"""Longer than a parrot thinks: what was said and its answer are one exchange."""
_EXCHANGE_S_MAX = 90.0
_HEARD_MS_LEAST = 200.0
_LOOK_S = 0.1
_RING_S = 1.5
_KEY_TO_SPEECH_S = 0.4
"""The granted tone goes before the speech."""
_AGAIN_S = 10.0
_REFRESH_S = 120.0
_OWN_ECHO_S = 3.0
"""Sound that begins so soon after its own is the parrot's answer to it."""
_ANNOUNCE_EVERY_S = 60.0


class DeskPhone:
    """``say`` gets lines for people; ``heard``: file of what it heard last."""

    def __init__(
        self,
        server: tuple[str, int],
        password: str,
        heard: Path,
        say: Callable[[str], None],
        traffic: float,
        tally: Tally | None = None,
    ) -> None:
        self._server = server
        self._password = password
        self._heard = heard
        self._say = say
        self._tally = tally
        self._announce_every_s = _ANNOUNCE_EVERY_S / traffic
        self.up = asyncio.Event()
        """Its line to the command center is open."""

    async def live(self) -> None:
        """For ever; a line or a registration that was lost is made anew."""
        async with Phone.open(self._server, DESK_NUMBER, self._password, name=DESK_NAME) as phone:
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._stay_registered(phone), name="desk phone registration")
                    tasks.create_task(self._keep_line(phone), name="desk phone line")
                    tasks.create_task(self._answer_all(phone, tasks), name="desk phone bell")
            finally:
                await _hang_up_all(phone)

    async def _stay_registered(self, phone: Phone) -> None:
        while True:
            try:
                status = await phone.register()
            except TimeoutError:
                status = 408
            if status != 200:
                self._say(f"{DESK_NAME}: not registered ({status}), trying again")
            await asyncio.sleep(_REFRESH_S if status == 200 else _AGAIN_S)

    async def _keep_line(self, phone: Phone) -> None:
        while True:
            try:
                call = await phone.call(CENTER.number)
            except (Refused, TimeoutError) as error:
                self._say(f"{DESK_NAME}: no line to {CENTER.name} ({error}), trying again")
            else:
                self.up.set()
                await self._attend(call, CENTER.name, greeting="")
            await asyncio.sleep(_AGAIN_S)

    async def _answer_all(self, phone: Phone, tasks: asyncio.TaskGroup) -> None:
        while True:
            tasks.create_task(self._answer(await phone.incoming.get()), name="desk phone call")

    async def _answer(self, call: Call) -> None:
        self._say(f"{DESK_NAME}: rings")
        await asyncio.sleep(_RING_S)
        if call.over.is_set():
            return
        try:
            await call.answer()
        except TimeoutError:
            call.close()
        else:
            await self._attend(call, "a call", greeting=GREETING)

    async def _attend(self, call: Call, where: str, *, greeting: str) -> None:
        """Until the call is over."""
        line = _Line(call, self._heard, self._tally)
        if greeting:
            await line.speak(greeting)
        while not call.over.is_set():
            heard_ms = await line.exchange(self._announce_every_s)
            if call.over.is_set():
                return
            if heard_ms is None:
                await line.speak(ANNOUNCEMENT, syllables=9)
            elif heard_ms > _HEARD_MS_LEAST:
                self._say(f"{DESK_NAME}: heard {heard_ms / 1000:.1f} s on its line to {where}")
                await line.speak(HEARD)


class _Line:
    def __init__(self, call: Call, heard: Path, tally: Tally | None) -> None:
        self._call = call
        self._heard = heard
        self._tally = tally
        self._spoke_at_s = float("-inf")

    async def exchange(self, within_s: float) -> float | None:
        """Sound came and ended: its length in ms, 0 for the echo of its own; None: nothing came so long."""
        sound = self._call.sound
        sound.recorder.forget()
        if not await self._comes(within_s):
            return None
        echo = _now_s() - self._spoke_at_s < _OWN_ECHO_S
        until_s = _now_s() + _EXCHANGE_S_MAX
        while _now_s() < until_s and await self._comes(_QUIET_S):
            pass
        played = sound.recorder.take()
        if self._tally is not None:
            await self._tally.judge(played.pcm, played.rate_hz)
        if echo or not len(played.pcm):
            return 0.0
        self._keep(played)
        return len(played.pcm) * 1000 / played.rate_hz

    async def speak(self, notes: str, *, syllables: int = 0) -> None:
        """Ask for the floor, say it, give the floor back."""
        sound = self._call.sound
        rate_hz = sound.codec.rate_hz
        said: list[Pcm] = [chime(notes, rate_hz=rate_hz)] if self._tally is None else [spoken(rate_hz)]
        if syllables and self._tally is None:
            said.append(murmur(syllables, rate_hz=rate_hz, seed=syllables))
        await sound.press("*")
        await asyncio.sleep(_KEY_TO_SPEECH_S)
        for part in said:
            await sound.play(part)
        await sound.press("#")
        self._spoke_at_s = _now_s()

    async def _comes(self, within_s: float) -> bool:
        """Whether a packet comes in so long."""
        before, until_s = self._call.sound.received, _now_s() + within_s
        while self._call.sound.received == before:
            if _now_s() > until_s or self._call.over.is_set():
                return False
            await asyncio.sleep(_LOOK_S)
        return True

    def _keep(self, played: Played) -> None:
        write_wav(self._heard, played.pcm, played.rate_hz)


async def _hang_up_all(phone: Phone) -> None:
    for call in tuple(phone.calls.values()):
        if call.up.is_set():
            try:
                async with asyncio.timeout(1):
                    await call.hang_up()
            except TimeoutError:
                call.close()


def _now_s() -> float:
    return asyncio.get_running_loop().time()
