"""Janus VideoRoom under load: one room, one publisher, subscribers."""

from bench.generator import Generator
from bench.peers.janus_process import JanusProcess

ROOM = 1


class Janus:
    """One Janus process with one VideoRoom."""

    name = "Janus VideoRoom"

    def __init__(self) -> None:
        self._janus = JanusProcess("videoroom")

    async def start(self) -> None:
        await self._janus.start()
        created = {
            "request": "create",
            "room": ROOM,
            "publishers": 1,
            "audiocodec": "opus",
            "audiolevel_event": False,
        }
        handle = await self._janus.attach()
        await self._janus.ask(janus="message", handle_id=handle, body=created)

    @property
    def pid(self) -> int:
        return self._janus.pid

    async def publish(self, generator: Generator, session: int) -> None:
        handle = await self._janus.attach()
        offer = await generator.ask(op="offer", session=session, role="publish")
        body = {"request": "joinandconfigure", "room": ROOM, "ptype": "publisher"}
        jsep = {"type": "offer", "sdp": offer["sdp"]}
        answer = await self._janus.ask(janus="message", handle_id=handle, body=body, jsep=jsep)
        self._feed = answer["plugindata"]["data"]["id"]
        await generator.ask(op="answer", session=session, sdp=answer["jsep"]["sdp"])

    async def subscribe(self, generator: Generator, session: int) -> None:
        handle = await self._janus.attach()
        body = {"request": "join", "room": ROOM, "ptype": "subscriber", "streams": [{"feed": self._feed}]}
        offer = await self._janus.ask(janus="message", handle_id=handle, body=body)
        answer = await generator.ask(op="accept", session=session, sdp=offer["jsep"]["sdp"])
        jsep = {"type": "answer", "sdp": answer["sdp"]}
        await self._janus.ask(janus="message", handle_id=handle, body={"request": "start"}, jsep=jsep)

    async def stop(self) -> None:
        await self._janus.stop()
