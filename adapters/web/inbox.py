"""What a session sends, from bytes to a command: limited, decoded, handed on or turned away.

Both ways in end here: the WebSocket, and the data channels (msgpack always: floor messages on the
fast one, data messages on the reliable one).
"""

import time

import structlog

from adapters._kit.counters import Counters
from adapters._kit.once import Once
from adapters.web.commands import Close, Commands
from adapters.web.limits import MessageLimit, Verdict
from adapters.web.session import Session
from gateway.model.refusal import RefusalCode
from gateway.ports.media import Channel
from gateway.wire import client, server
from gateway.wire.codec import Encoding, Malformed, NotUnderstood, decode_client

log = structlog.get_logger("web.inbox")


class Inbox:
    """One a session."""

    def __init__(
        self,
        session: Session,
        commands: Commands,
        limit: MessageLimit,
        counters: Counters,
        once: Once,
        close: Close,
    ) -> None:
        self._session = session
        self._commands = commands
        self._limit = limit
        self._counters = counters
        self._once = once
        self._close = close

    def receive(self, data: bytes | str, encoding: Encoding) -> None:
        """A message of the WebSocket."""
        message = self._read(data, encoding)
        if isinstance(message, client.Hello):
            self._close(server.ByeCode.INVALID, "hello is only the first message")
        elif message is not None:
            self._commands.take(message)

    def data(self, channel: Channel, data: bytes) -> None:
        """A message of a data channel."""
        message = self._read(data, Encoding.MSGPACK)
        if message is None:
            return
        taken = client.FloorMessage if channel is Channel.FAST else client.FloorMessage | client.DataMessage
        if isinstance(message, taken):
            self._counters.add("data_channel_messages_total")
            self._commands.take(message)
        else:
            self._counters.add("ignored_messages_total")

    def _read(self, data: bytes | str, encoding: Encoding) -> client.ClientMessage | None:
        verdict = self._limit.judge(time.monotonic())
        if verdict is Verdict.CLOSE:
            self._close(server.ByeCode.TOO_MANY, "too many messages a second")
            return None
        try:
            message = decode_client(data, encoding)
        except Malformed as error:
            self._counters.add("malformed_messages_total")
            if self._once.first(self._session.name, "malformed"):
                log.warning("malformed message", leg=self._session.leg, fault=str(error))
            self._close(server.ByeCode.INVALID, error.detail)
            return None
        if isinstance(message, NotUnderstood):
            self._turn_away(message)
            return None
        if verdict is Verdict.REFUSE:
            self._counters.add("refused_messages_total")
            if not isinstance(message, client.Hello):
                self._commands.refuse(message, "too many messages a second")
            return None
        return message

    def _turn_away(self, message: NotUnderstood) -> None:
        """A newer client, or a field out of bounds: told when it can be, never a reason to close."""
        self._counters.add("invalid_messages_total" if message.known else "unknown_messages_total")
        if message.id is None:
            self._counters.add("ignored_messages_total")
            return
        code = RefusalCode.INVALID
        self._session.reply(server.Answer(id=message.id, ok=False, code=code, detail=message.detail))
