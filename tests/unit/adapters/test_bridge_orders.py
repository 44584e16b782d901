"""Commands of the hub to a radio, in virtual time."""

import asyncio
from dataclasses import dataclass
from typing import cast

from adapters.bridges.channel import Channel
from adapters.bridges.orders import RADIO_S, Orders
from adapters.bridges.radio import RadioAdapter
from adapters.radio.contract.down import Command
from adapters.radio.contract.names import Operation, Why
from adapters.radio.contract.up import Reply
from tests.sim.virtual_time import VirtualLoop


@dataclass
class Named:
    id: str


@dataclass
class OneChannel:
    config: Named


class Stuck:
    """A radio that does nothing and never says so."""

    async def command(self, _channel: str, _command: Command) -> Why | None:
        await asyncio.Event().wait()
        return None


def test_a_radio_that_never_answers_is_told_as_failed() -> None:
    loop = VirtualLoop()
    orders = Orders(cast("RadioAdapter", Stuck()))
    channel = cast("Channel", OneChannel(Named("vhf1")))
    try:
        order = orders.carry_out(Command(Operation.TEST, 1), channel, b"1", 1, 0.0)
        reply = loop.run_until_complete(asyncio.wait_for(order, 10 * RADIO_S))
    finally:
        loop.close()
    assert reply == Reply(ok=False, op=Operation.TEST, why=Why.HARDWARE)
