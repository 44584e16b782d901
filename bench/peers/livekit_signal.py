"""One participant's signalling to LiveKit: its WebSocket, messages as Protocol Buffers.

Field numbers are those of livekit_rtc.proto, protocol 15. Candidates come behind the description they belong
to; they are written into it, because the generator takes whole descriptions.
"""

import asyncio
import json
from typing import Self

import aiohttp

from bench.peers import protobuf

# SignalRequest
_OFFER, _ANSWER, _ADD_TRACK = 1, 2, 4
# SignalResponse
_ANSWERED, _OFFERED, _TRICKLE, _PUBLISHED = 2, 3, 4, 6
_SUBSCRIBER = 1
"""Which of a participant's two transports a candidate is of; 0 is the publisher's."""
WITHIN_S = 20.0


class Participant:
    """Signed in on entry, gone on exit of the session that carries it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._candidates: tuple[list[str], list[str]] = ([], [])
        self._gathered = (asyncio.Event(), asyncio.Event())
        self._answer: asyncio.Queue[str] = asyncio.Queue(8)
        self._offers: asyncio.Queue[str] = asyncio.Queue(8)
        self._published = asyncio.Event()
        self._reader = asyncio.create_task(self._read(), name="livekit-reader")

    @classmethod
    async def join(cls, http: aiohttp.ClientSession, door: str) -> Self:
        """Raises aiohttp.ClientError."""
        return cls(await http.ws_connect(door, max_msg_size=1 << 20))

    async def publish(self, offer: str) -> str:
        """Offer the one audio track of ``offer``; the answer with candidates. Raises TimeoutError."""
        track = next(line.split()[-1] for line in offer.splitlines() if line.startswith("a=msid:"))
        # cid, name, type AUDIO (0), source MICROPHONE, RED off: the listeners here count plain Opus.
        await self._send(_ADD_TRACK, {1: track, 2: "talker", 8: 2, 13: 1})
        async with asyncio.timeout(WITHIN_S):
            await self._published.wait()
        await self._send(_OFFER, {1: "offer", 2: offer})
        return await self._whole(await asyncio.wait_for(self._answer.get(), WITHIN_S), 0)

    async def offered(self) -> str:
        """What LiveKit offers to be heard next, with candidates; waits for it. Raises TimeoutError."""
        return await self._whole(await self._offers.get(), _SUBSCRIBER)

    async def answer(self, sdp: str) -> None:
        await self._send(_ANSWER, {1: "answer", 2: sdp})

    async def leave(self) -> None:
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        await self._socket.close()

    async def _whole(self, sdp: str, target: int) -> str:
        async with asyncio.timeout(WITHIN_S):
            await self._gathered[target].wait()
        if "a=candidate:" in sdp:
            return sdp
        lines = "".join(f"a={candidate}\r\n" for candidate in self._candidates[target])
        first, separator, rest = sdp.partition("a=mid:")
        return first + lines + separator + rest

    async def _read(self) -> None:
        async for frame in self._socket:
            if frame.type is not aiohttp.WSMsgType.BINARY:
                continue
            fields = protobuf.decode(frame.data)
            if _ANSWERED in fields:
                await self._answer.put(protobuf.text(protobuf.message(fields, _ANSWERED), 2))
            elif _OFFERED in fields:
                await self._offers.put(protobuf.text(protobuf.message(fields, _OFFERED), 2))
            elif _TRICKLE in fields:
                self._trickle(protobuf.message(fields, _TRICKLE))
            elif _PUBLISHED in fields:
                self._published.set()

    def _trickle(self, fields: dict[int, int | bytes]) -> None:
        target = _SUBSCRIBER if fields.get(2) else 0
        candidate = protobuf.text(fields, 1)
        if candidate:
            self._candidates[target].append(json.loads(candidate)["candidate"])
        if fields.get(3):
            self._gathered[target].set()

    async def _send(self, number: int, fields: dict[int, protobuf.Field]) -> None:
        await self._socket.send_bytes(protobuf.encode({number: protobuf.encode(fields)}))
