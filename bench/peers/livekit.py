"""LiveKit under load: one room, one publisher, subscribers."""

import asyncio

import aiohttp

from bench.generator import Generator
from bench.peers.livekit_process import LiveKitProcess
from bench.peers.livekit_signal import WITHIN_S, Participant

# Which of a participant's two transports must connect for it to stay (protocol 2: the first).
PUBLISHER_FIRST = 2
SUBSCRIBER_FIRST = 15


class LiveKit:
    """One LiveKit process; it makes the room for its first participant."""

    name = "LiveKit"

    def __init__(self) -> None:
        self._livekit = LiveKitProcess()

    async def start(self) -> None:
        await self._livekit.start()
        self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        self._participants: list[Participant] = []
        self._answering: list[asyncio.Task[None]] = []

    @property
    def pid(self) -> int:
        return self._livekit.pid

    async def publish(self, generator: Generator, session: int) -> None:
        offer = await generator.ask(op="offer", session=session, role="publish")
        participant = await self._join("talker", PUBLISHER_FIRST)
        await generator.ask(op="answer", session=session, sdp=await participant.publish(offer["sdp"]))

    async def subscribe(self, generator: Generator, session: int) -> None:
        participant = await self._join(f"listener-{session}", SUBSCRIBER_FIRST)
        audible = asyncio.Event()
        answering = asyncio.create_task(
            self._answer(generator, session, participant, audible), name=f"livekit-listener-{session}"
        )
        self._answering.append(answering)
        async with asyncio.timeout(WITHIN_S):
            await audible.wait()

    async def _answer(
        self, generator: Generator, session: int, participant: Participant, audible: asyncio.Event
    ) -> None:
        """The first offer has data channels only, more follow; one left unanswered ends the participant."""
        op = "accept"
        while True:
            offer = await participant.offered()
            answer = await generator.ask(op=op, session=session, sdp=offer)
            await participant.answer(answer["sdp"])
            op = "reaccept"
            if "m=audio" in offer:
                audible.set()

    async def stop(self) -> None:
        for answering in self._answering:
            answering.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)
        for participant in self._participants:
            await participant.leave()
        await self._http.close()
        await self._livekit.stop()

    async def _join(self, identity: str, protocol: int) -> Participant:
        participant = await Participant.join(self._http, self._livekit.door(identity, protocol))
        self._participants.append(participant)
        return participant
