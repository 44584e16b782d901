"""Commands of the hub to a radio: carried out once, answered as often as asked."""

import asyncio
from collections import OrderedDict

from adapters.bridges.channel import Channel
from adapters.bridges.radio import RadioAdapter
from adapters.radio.contract.down import Command
from adapters.radio.contract.limits import REPEAT_S
from adapters.radio.contract.names import Operation, Why
from adapters.radio.contract.up import Reply

_REMEMBERED_MAX = 256
RADIO_S = 4.0
"""A radio that takes longer has not done it: the hub's own patience with a command is 5 s."""


class Orders:
    """Knows repeated commands by their correlation data, for 30 s."""

    def __init__(self, radio: RadioAdapter) -> None:
        self._radio = radio
        self._done: OrderedDict[bytes, tuple[float, Reply]] = OrderedDict()

    async def carry_out(
        self, command: Command, channel: Channel, correlation: bytes, epoch: int, now: float
    ) -> Reply:
        """The reply. ``epoch``: the hub's present one; ``now``: seconds, any monotonic clock."""
        while self._done and next(iter(self._done.values()))[0] < now - REPEAT_S:
            self._done.popitem(last=False)
        if correlation and correlation in self._done:
            return self._done[correlation][1]
        reply = await self._reply(command, channel, epoch)
        if correlation:
            self._done[correlation] = (now, reply)
            if len(self._done) > _REMEMBERED_MAX:
                self._done.popitem(last=False)
        return reply

    async def _reply(self, command: Command, channel: Channel, epoch: int) -> Reply:
        if command.epoch < epoch:
            return Reply(ok=False, op=command.op, why=Why.EPOCH)
        if command.op is not Operation.REFRESH:
            try:
                async with asyncio.timeout(RADIO_S):
                    why = await self._radio.command(channel.config.id, command)
            except TimeoutError:
                why = Why.HARDWARE
            if why is not None:
                return Reply(ok=False, op=command.op, why=why)
        return Reply(ok=True, op=command.op, status=channel.board.publish())
