"""``GET /ws``: from the handshake to the last byte of one WebSocket."""

import asyncio

import structlog
from aiohttp import web

from adapters._kit.counters import Counters
from adapters._kit.once import Once
from adapters.web import translate
from adapters.web.config import WebConfig
from adapters.web.origin import allowed
from adapters.web.problem import problem
from adapters.web.sessions import Admitted, Sessions
from adapters.web.socket import CLOSE_TIMEOUT_S, Socket, Unreadable
from gateway.model.refusal import Refusal
from gateway.wire import client, server
from gateway.wire.codec import Encoding, Malformed, decode_client

log = structlog.get_logger("web.ws")


class SessionDoor:
    """Opens sessions; what is said in them is adapters.web.inbox's business."""

    def __init__(self, sessions: Sessions, config: WebConfig, counters: Counters) -> None:
        self._sessions = sessions
        self._config = config
        self._counters = counters
        self._once = Once()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One socket, for as long as it lives."""
        if not allowed(request, self._config.origins):
            self._counters.add("refused_origins_total")
            if self._once.first(request.remote or "", "origin"):
                log.warning("websocket of another origin refused", peer=request.remote)
            return problem(403, "this origin may not open sessions ([web] origins)")
        encoding = _offered(request)
        if encoding is None:
            return problem(400, f"offer the subprotocol {' or '.join(Encoding)}")
        ws = web.WebSocketResponse(
            protocols=[encoding],
            max_msg_size=self._config.message_bytes_max,
            timeout=CLOSE_TIMEOUT_S,
            compress=False,
        )
        if not _is_handshake(ws, request):
            return problem(400, "this door speaks WebSocket, version 13")
        await ws.prepare(request)
        self._counters.add("sockets_total")
        socket = Socket(ws, request.transport, encoding, self._counters, self._config)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(socket.write(), name="web socket writer")
            try:
                await self._converse(socket, request.remote or "")
            finally:
                socket.hang_up()
        return ws

    async def _converse(self, socket: Socket, peer: str) -> None:
        admitted = await self._greet(socket, peer)
        if admitted is None:
            return
        try:
            while (data := await socket.receive(self._config.silence_s)) is not None:
                admitted.inbox.receive(data, socket.encoding)
        except TimeoutError:
            socket.finish(server.Bye(code=server.ByeCode.SILENT, detail="nothing heard for too long"))
        except Unreadable:
            self._counters.add("malformed_messages_total")
            self._sessions.end(admitted.session, server.ByeCode.INVALID, "not a message of this subprotocol")
        finally:
            self._sessions.lost(admitted.session, socket)

    async def _greet(self, socket: Socket, peer: str) -> Admitted | None:
        """The first message; without a good one the socket is closed."""
        hello = await self._hello(socket, peer)
        if hello is None:
            return None
        admitted = self._sessions.admit(hello, socket)
        if isinstance(admitted, Refusal):
            if self._once.first(peer, admitted.code):
                log.info("session refused", peer=peer, code=admitted.code.value)
            socket.finish(server.Bye(code=translate.bye_of(admitted), detail=admitted.detail))
            return None
        return admitted

    async def _hello(self, socket: Socket, peer: str) -> client.Hello | None:
        bye: server.Bye
        try:
            # Around the whole wait: frames below messages (ping) do not prolong it.
            async with asyncio.timeout(self._config.hello_timeout_s):
                data = await socket.receive(None)
            if data is None:
                return None
            message = decode_client(data, socket.encoding)
        except TimeoutError:
            bye = server.Bye(code=server.ByeCode.SILENT, detail="no hello in time")
        except Malformed as error:
            bye = server.Bye(code=server.ByeCode.INVALID, detail=error.detail)
        except Unreadable:
            bye = server.Bye(code=server.ByeCode.INVALID, detail="not a message of this subprotocol")
        else:
            if isinstance(message, client.Hello):
                return message
            bye = server.Bye(code=server.ByeCode.INVALID, detail="the first message must be a good hello")
        self._counters.add(
            "malformed_messages_total" if bye.code is server.ByeCode.INVALID else "silent_total"
        )
        if self._once.first(peer, bye.code):
            log.info("no good hello", peer=peer, code=bye.code.value)
        socket.finish(bye)
        return None


def _offered(request: web.Request) -> Encoding | None:
    """The first of our subprotocols that the client names (RFC 6455 section 4.2.2)."""
    names = ",".join(request.headers.getall("Sec-WebSocket-Protocol", [])).split(",")
    ours = {encoding.value: encoding for encoding in Encoding}
    return next((ours[name.strip()] for name in names if name.strip() in ours), None)


def _is_handshake(ws: web.WebSocketResponse, request: web.Request) -> bool:
    try:
        return ws.can_prepare(request).ok
    except ValueError:  # a key that is not even ASCII
        return False
