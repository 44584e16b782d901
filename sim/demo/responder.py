"""A responder on the move: in rooms by the console protocol, camera and voice by WebRTC (aiortc)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from websockets.exceptions import WebSocketException

from sim.demo.homing import Homing
from sim.demo.scene import Scene
from sim.demo.sounds import murmur
from sim.demo.tally import spoken
from sim.demo.town import Round
from sim.demo.tracks import RATE_HZ, Camera, Voice
from sim.peers.session import Session, SessionEnded, session

_ALIVE_EVERY_S = 2.5
"""Also how often it says where it is: the gateway takes one position in 2 s."""
_ACCURACY_M = 8.0
_CALL_EVERY_S = 90.0
_CONNECT_S = 20.0
_SPOKEN_S = 0.1
"""The last words are taken from the voice, and not sent yet."""
_LATE_MS = 60.0
"""Later than this no listener is to blame for what it did not hear."""
_AGAIN_S = 3.0
_BACK_S = 8.0
"""After somebody sent it out of a room."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who is where: the command sees camera, status and position, the own room hears the voice."""

    name: str
    unit: str
    command_room: str
    own_room: str
    scene: Scene
    round: Round
    status: str
    first_call_s: float
    """After its start."""


class Refusal(Exception):
    """The gateway refused a command."""


class Responder:
    """``say`` gets lines for people."""

    def __init__(
        self,
        person: Person,
        url: str,
        token: str,
        say: Callable[[str], None],
        traffic: float,
        *,
        counted: bool = False,
    ) -> None:
        self._person = person
        self._url = url
        self._token = token
        self._say = say
        self._counted = counted
        self._call_every_s = _CALL_EVERY_S / traffic
        self.up = asyncio.Event()
        """Its camera is shown."""

    async def live(self) -> None:
        """For ever; what was lost is made anew."""
        while True:
            try:
                await self._be_there()
            except (OSError, TimeoutError, Refusal, SessionEnded, WebSocketException) as error:
                self._say(f"{self._person.name}: away ({type(error).__name__}: {error}), coming back")
            await asyncio.sleep(_AGAIN_S)

    async def _be_there(self) -> None:
        person = self._person
        async with session(self._url, self._token, person.name, unit=person.unit) as line:
            for room in (person.command_room, person.own_room):
                await _done(line, "join", room=room)
            async with _media(line, person.scene) as voice:
                await self._report(line)
                self.up.set()
                await self._drive(line, voice)

    async def _drive(self, line: Session, voice: Voice) -> None:
        """Until the session ends."""
        person, loop = self._person, asyncio.get_running_loop()
        next_call_s = loop.time() + person.first_call_s % self._call_every_s
        homing = Homing(line.welcome["leg"], _BACK_S)
        while not line.ended:
            await line.tell("ping")
            lat, lon = person.round.at(loop.time())
            where = {"lat": lat, "lon": lon, "accuracy_m": _ACCURACY_M}
            await line.tell("send_position", room=person.command_room, **where)
            if loop.time() >= next_call_s:
                next_call_s = loop.time() + self._call_every_s
                await self._speak(line, voice)
            await self._come_back(line, homing, loop.time())
            homing.told(line.changes, loop.time())
            line.forget()
            await asyncio.sleep(_ALIVE_EVERY_S)

    async def _come_back(self, line: Session, homing: Homing, now_s: float) -> None:
        for room in homing.due(now_s):
            if not (await line.ask("join", room=room))["ok"]:
                homing.refused(room, now_s)
            elif room == self._person.command_room:
                await self._report(line)

    async def _report(self, line: Session) -> None:
        """To the command: its camera, and how it is."""
        room = self._person.command_room
        await _done(line, "show_picture", room=room, kind="camera")
        await _done(line, "send_status", room=room, code=self._person.status)

    async def _speak(self, line: Session, voice: Voice) -> None:
        """A few words to the own room, if nobody talks there."""
        room = self._person.own_room
        if (await line.ask("floor_request", room=room))["ok"]:
            voice.late_ms = 0.0
            words = murmur(7, rate_hz=RATE_HZ, seed=len(self._person.name))
            await voice.say(spoken(RATE_HZ) if self._counted else words)
            await asyncio.sleep(_SPOKEN_S)
            await line.ask("floor_release", room=room)
            if voice.late_ms > _LATE_MS:
                self._say(f"{self._person.name}: was {voice.late_ms:.0f} ms late with its own words")


@asynccontextmanager
async def _media(line: Session, scene: Scene) -> AsyncIterator[Voice]:
    """Offered, answered and up; closed at the end. Asks no STUN server: it stays on this machine."""
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    voice = Voice()
    try:
        connection.addTransceiver(voice, direction="sendonly")
        connection.addTransceiver(Camera(scene), direction="sendonly")
        connection.createDataChannel("reliable")
        connection.createDataChannel("fast", ordered=False, maxRetransmits=0)
        await connection.setLocalDescription(await connection.createOffer())
        answer = await _done(line, "media_offer", sdp=connection.localDescription.sdp)
        await connection.setRemoteDescription(RTCSessionDescription(str(answer["sdp"]), "answer"))
        async with asyncio.timeout(_CONNECT_S):
            await line.saw("own_media", up=True)
        yield voice
    finally:
        await connection.close()


async def _done(line: Session, kind: str, /, **fields: object) -> dict[str, object]:
    answer = await line.ask(kind, **fields)
    if not answer["ok"]:
        raise Refusal(f"{kind}: {answer['code']}")
    return answer
