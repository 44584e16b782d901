"""The commands of one session: each id is carried out once and answered once.

A page repeats a command, on any channel, until it is answered (DESIGN 3.7). A copy of a command
under way is counted and dropped: its answer is coming. A copy of an answered one gets that answer
again. The memory is bounded; an id older than it is refused, never carried out a second time.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine

import structlog

from adapters._kit.counters import Counters
from adapters.web import translate
from adapters.web.ice_servers import IceServers
from adapters.web.session import Session
from gateway.model.ids import LegId, RoomId
from gateway.model.refusal import Refusal, RefusalCode
from gateway.ports.hub import Hub
from gateway.ports.media import Channel, OfferRefused, PlaneBusy
from gateway.wire import client, server
from gateway.wire.codec import Encoding, encode

ANSWERS_KEPT = 256
IN_FLIGHT_MAX = 32

log = structlog.get_logger("web.commands")

Spawn = Callable[[Coroutine[None, None, None], str], None]
"""Run a coroutine as a named task owned by the adapter."""
Close = Callable[[server.ByeCode, str], None]
"""End the session with a reason."""


class Commands:
    """Carries out what a session asks for."""

    def __init__(
        self,
        hub: Hub,
        session: Session,
        ice_servers: IceServers,
        spawn: Spawn,
        counters: Counters,
        close: Close,
    ) -> None:
        self._hub = hub
        self._ice_servers = ice_servers
        self._session = session
        self._spawn = spawn
        self._counters = counters
        self._close = close
        self._answers: OrderedDict[int, server.Answer | None] = OrderedDict()
        """By id; None while under way."""
        self._forgotten = 0
        """The highest id that fell out of the memory."""
        self._offering = False

    def take(self, message: client.Command) -> None:
        """Start one command; its answer goes out when it is done. Never waits, never raises."""
        if isinstance(message, client.Ping):
            self._session.reply(server.Answer(id=message.id, ok=True))
        elif message.id in self._answers:
            self._repeat(message)
        elif message.id <= self._forgotten:
            self._send(message, _refuse(message, RefusalCode.INVALID, "this id is too old: count ids up"))
        elif sum(answer is None for answer in self._answers.values()) >= IN_FLIGHT_MAX:
            self.refuse(message, "too many commands under way")
        else:
            self._keep(message.id, None)
            self._counters.add("commands_total")
            self._spawn(self._run(message), f"web {message.__struct_config__.tag} {self._session.leg}")

    def refuse(self, message: client.Command, detail: str) -> None:
        """A limit was reached. Remembered like any answer: a copy on the other channel must not be
        carried out after the page was told no.
        """
        if message.id in self._answers:
            self._repeat(message)
        else:
            self._remember(message, _refuse(message, RefusalCode.TOO_MANY, detail))

    def _repeat(self, message: client.Command) -> None:
        self._counters.add("command_copies_total")
        answer = self._answers[message.id]
        if answer is not None:
            self._send(message, answer)

    async def _run(self, message: client.Command) -> None:
        try:
            answer = await self._carry_out(message)
        except Exception:
            # The page must hear of it, and no fault of one command may end the adapter.
            log.exception("command failed", command=message.__struct_config__.tag, leg=self._session.leg)
            answer = _refuse(message, RefusalCode.INTERNAL, "a fault of the gateway, see its log")
        self._remember(message, answer)
        if isinstance(message, client.Goodbye):
            self._close(server.ByeCode.GOODBYE, "as you wish")

    async def _carry_out(self, message: client.Command) -> server.Answer:  # noqa: PLR0911 - one line each
        match message:
            case client.Join():
                return await self._join(message)
            case client.MediaOffer():
                return await self._offer(message)
            case client.AskIceServers():
                told = translate.ice_servers(self._ice_servers.of(self._session.leg))
                return server.Answer(id=message.id, ok=True, ice_servers=told)
            case client.CreateRoom() | client.DeleteRoom():
                made = translate.of_rooms(message, self._session.leg, self._session.grants, time.time())
                return translate.answer(await self._hub.command(made))
            case client.DiscreetListening() | client.RemoteMicrophone():
                return await self._dangerous(message)
            case client.Watch():
                return self._watch(message)
            case client.Goodbye() | client.Ping():
                return server.Answer(id=message.id, ok=True)
            case (
                client.Leave()
                | client.FloorRequest()
                | client.FloorRelease()
                | client.CancelRequest()
                | client.ShowPicture()
                | client.HidePicture()
                | client.SetMode()
                | client.CallNumber()
                | client.GiveUpCall()
                | client.RemoveMember()
                | client.MuteMember()
                | client.Whisper()
                | client.MoveMember()
                | client.SendMessage()
                | client.SendReceipt()
                | client.SendStatus()
                | client.SendPosition()
            ):
                command = translate.command(message, self._session.leg, time.time())
                return translate.answer(await self._hub.command(command))

    async def _join(self, message: client.Join) -> server.Answer:
        session, at = self._session, time.time()
        grants = session.grants_in(RoomId(message.room))
        wanted = translate.join(
            message.id, message.room, session.participant, grants, at, monitor=message.monitor
        )
        answer = translate.answer(await self._hub.command(wanted))
        if not answer.ok:
            return answer
        session.rooms.add(RoomId(message.room))
        return answer

    async def _dangerous(self, message: client.Dangerous) -> server.Answer:
        """Refused by the policy; the record keeps who asked, and whoever reads the log sees it at once."""
        session = self._session
        asked = translate.dangerous(message, session.leg, session.grants, time.time())
        who = {"subject": session.grants.subject, "leg": session.leg}
        log.warning("a forbidden verb was asked for", verb=asked.verb.value, room=asked.room, **who)
        return translate.answer(await self._hub.command(asked))

    def _watch(self, message: client.Watch) -> server.Answer:
        """No decision of the core: the media core shows nobody a picture that no room lets them see."""
        picture = None if message.leg is None else (LegId(message.leg), message.kind)
        self._hub.media.watch(self._session.leg, message.slot, picture, message.height)
        return server.Answer(id=message.id, ok=True)

    async def _offer(self, message: client.MediaOffer) -> server.Answer:
        if self._offering:
            return _refuse(message, RefusalCode.TOO_MANY, "another offer is being answered")
        self._offering = True
        try:
            sdp = await self._answered(message)
        except OfferRefused as refused:
            return _refuse(message, RefusalCode.BAD_OFFER, refused.reason)
        except PlaneBusy:
            return _refuse(message, RefusalCode.TOO_MANY, "the media plane is full")
        finally:
            self._offering = False
        return server.Answer(id=message.id, ok=True, sdp=sdp)

    async def _answered(self, message: client.MediaOffer) -> str:
        leg = self._session.leg
        if message.restart:
            return await self._hub.media.restart(leg, message.sdp)
        profile = translate.page_profile(message, self._session.grants)
        return await self._hub.media.accept(leg, message.sdp, profile)

    def _remember(self, message: client.Command, answer: server.Answer) -> None:
        self._keep(message.id, answer)
        self._send(message, answer)

    def _keep(self, number: int, answer: server.Answer | None) -> None:
        self._answers[number] = answer
        while len(self._answers) > ANSWERS_KEPT:
            oldest, _ = self._answers.popitem(last=False)
            self._forgotten = max(self._forgotten, oldest)

    def _send(self, message: client.Command, answer: server.Answer) -> None:
        if isinstance(message, client.Join) and answer.ok:
            answer = self._with_room(message.id, RoomId(message.room))
        self._session.reply(answer)
        if isinstance(message, client.FloorMessage | client.DataMessage) and self._session.media_up:
            data = encode(answer, Encoding.MSGPACK)
            channel = Channel.FAST if isinstance(message, client.FloorMessage) else Channel.RELIABLE
            self._hub.media.send(self._session.leg, channel, data)

    def _with_room(self, number: int, room: RoomId) -> server.Answer:
        """The snapshot is taken when the answer leaves, a repeated one included: it is one of now,
        and every delta that follows it on the socket is news.
        """
        view = self._hub.room(room, self._session.grants_in(room))
        if isinstance(view, Refusal):  # in the room, but without the right to see who else is
            return server.Answer(id=number, ok=True)
        return server.Answer(id=number, ok=True, room=translate.room(view, inside=True))


def _refuse(message: client.Command, code: RefusalCode, detail: str) -> server.Answer:
    return server.Answer(id=message.id, ok=False, code=code, detail=detail)
