"""A room calls a number: it rings, and the room is told how it goes."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.model.call import CallState
from gateway.model.effects import Answer
from gateway.model.events import CallChanged
from gateway.model.ids import CallId, CommandId
from gateway.model.inputs import CallNumber, GiveUpCall, RemoveMember
from gateway.model.refusal import RefusalCode
from sim.phone import Phone
from tests.contract.sip.world import COMMAND, Member, World, sip_config, world


async def dial(gateway: World, member: Member, number: str, command: int = 50) -> Answer:
    what = CallNumber(CommandId(command), member.leg, COMMAND, number, time.time())
    return await gateway.hub.command(what)


def told(member: Member) -> list[CallState]:
    return [event.state for event in member.events if isinstance(event, CallChanged)]


@asynccontextmanager
async def registered(gateway: World, number: str = "101", kind: str = "udp") -> AsyncIterator[Phone]:
    async with gateway.phone(number, kind=kind) as phone:
        assert await phone.register() == 200
        await gateway.until(lambda: gateway.counter("registered") > 0)
        yield phone


@pytest.mark.parametrize("kind", ["udp", "tcp"])
async def test_a_phone_that_answers_is_in_the_room(gateway: World, kind: str) -> None:
    olga = await gateway.member(COMMAND)
    async with registered(gateway, kind=kind) as phone:
        assert (await dial(gateway, olga, "101")).refusal is None
        call = await asyncio.wait_for(phone.incoming.get(), 5)
        await gateway.until(lambda: CallState.RINGING in told(olga))
        await call.answer()
        await gateway.until(lambda: "Ann" in gateway.names(COMMAND))
        leg = gateway.leg(COMMAND)
        await gateway.until(lambda: leg in gateway.media.hearers(COMMAND))
        media = gateway.media.phone(leg)
        assert media is not None
        assert media.remote_port == call.sound.local[1]
        assert await call.hang_up() == 200
        await gateway.until(lambda: "Ann" not in gateway.names(COMMAND))
    assert told(olga) == [CallState.DIALLING, CallState.RINGING, CallState.ANSWERED]


@pytest.mark.parametrize(
    ("status", "state"), [(486, CallState.BUSY), (603, CallState.DECLINED), (480, CallState.NO_ANSWER)]
)
async def test_a_refusal_is_told(gateway: World, status: int, state: CallState) -> None:
    olga = await gateway.member(COMMAND)
    async with registered(gateway) as phone:
        await dial(gateway, olga, "101")
        (await asyncio.wait_for(phone.incoming.get(), 5)).refuse(status)
        await gateway.until(lambda: told(olga)[-1] is state)
    assert gateway.names(COMMAND) == ["Olga"]
    await gateway.until(lambda: gateway.counter("calls") == 0)


async def test_nobody_picks_up(tmp_path: Path) -> None:
    async with world(tmp_path, sip_config(ring_limit_s=0.3)) as gateway:
        olga = await gateway.member(COMMAND)
        async with registered(gateway):
            await dial(gateway, olga, "101")
            await gateway.until(lambda: told(olga)[-1] is CallState.NO_ANSWER)


async def test_a_ringing_call_is_given_up(gateway: World) -> None:
    olga = await gateway.member(COMMAND)
    async with registered(gateway) as phone:
        placed = await dial(gateway, olga, "101")
        call = await asyncio.wait_for(phone.incoming.get(), 5)
        await gateway.until(lambda: CallState.RINGING in told(olga))
        give_up = GiveUpCall(CommandId(51), olga.leg, COMMAND, placed.call or CallId(0), time.time())
        assert (await gateway.hub.command(give_up)).refusal is None
        await gateway.until(call.over.is_set)
        await gateway.until(lambda: told(olga)[-1] is CallState.CANCELLED)
    await gateway.until(lambda: gateway.counter("calls") == 0)


async def test_the_first_of_two_phones_gets_the_call(gateway: World) -> None:
    olga = await gateway.member(COMMAND)
    async with registered(gateway) as one, registered(gateway) as other:
        await gateway.until(lambda: gateway.counter("registered") == 2)
        await dial(gateway, olga, "101")
        first = await asyncio.wait_for(one.incoming.get(), 5)
        second = await asyncio.wait_for(other.incoming.get(), 5)
        await first.answer()
        await gateway.until(second.over.is_set)
        await gateway.until(lambda: gateway.names(COMMAND) == ["Olga", "Ann"])
        assert not first.over.is_set()


async def test_a_person_who_declines_on_one_phone_is_not_rung_on_the_other(gateway: World) -> None:
    olga = await gateway.member(COMMAND)
    async with registered(gateway) as one, registered(gateway) as other:
        await gateway.until(lambda: gateway.counter("registered") == 2)
        await dial(gateway, olga, "101")
        first = await asyncio.wait_for(one.incoming.get(), 5)
        second = await asyncio.wait_for(other.incoming.get(), 5)
        first.refuse(603)
        await gateway.until(second.over.is_set)
        await gateway.until(lambda: told(olga)[-1] is CallState.DECLINED)
    await gateway.until(lambda: gateway.counter("calls") == 0)


@pytest.mark.parametrize("order", [(486, 480), (480, 486)])
async def test_of_two_refusals_the_more_telling_one_is_told(gateway: World, order: tuple[int, int]) -> None:
    olga = await gateway.member(COMMAND)
    async with registered(gateway) as one, registered(gateway) as other:
        await gateway.until(lambda: gateway.counter("registered") == 2)
        await dial(gateway, olga, "101")
        calls = [await asyncio.wait_for(phone.incoming.get(), 5) for phone in (one, other)]
        for call, status in zip(calls, order, strict=True):
            call.refuse(status)
        await gateway.until(lambda: told(olga)[-1].over)
    assert told(olga)[-1] is CallState.BUSY


@pytest.mark.parametrize(
    ("number", "state"), [("102", CallState.UNREACHABLE), ("0123", CallState.NOT_ALLOWED)]
)
async def test_a_number_without_a_phone_is_told(gateway: World, number: str, state: CallState) -> None:
    olga = await gateway.member(COMMAND)
    await dial(gateway, olga, number)
    await gateway.until(lambda: told(olga) == [CallState.DIALLING, state])


async def test_without_the_dispatch_right_nobody_is_called(gateway: World) -> None:
    async with registered(gateway) as phone:
        await phone.call("8002")
        leg = gateway.leg(COMMAND)
        what = CallNumber(CommandId(50), leg, COMMAND, "101", time.time())
        refusal = (await gateway.hub.command(what)).refusal
        assert refusal is not None
        assert refusal.code is RefusalCode.NOT_ALLOWED


async def test_a_phone_that_a_dispatcher_removes_is_hung_up(gateway: World) -> None:
    olga = await gateway.member(COMMAND)
    async with registered(gateway) as phone:
        await dial(gateway, olga, "101")
        call = await asyncio.wait_for(phone.incoming.get(), 5)
        await call.answer()
        await gateway.until(lambda: "Ann" in gateway.names(COMMAND))
        order = RemoveMember(CommandId(51), olga.leg, COMMAND, gateway.leg(COMMAND), time.time())
        assert (await gateway.hub.command(order)).refusal is None
        await asyncio.wait_for(call.over.wait(), 5)
        assert gateway.names(COMMAND) == ["Olga"]
        await gateway.until(lambda: gateway.counter("calls") == 0)
