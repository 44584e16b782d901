"""Behind a NAT phones are told another address than the one this machine has; sound uses its own."""

import asyncio
from pathlib import Path

import pytest

from gateway.model.call import CallState
from sim.fakes.pbx import Pbx
from tests.contract.sip.test_calls_out import dial, registered, told
from tests.contract.sip.test_trunks import SECRET, is_registered, trunk
from tests.contract.sip.world import COMMAND, sip_config, world

OUTSIDE = "192.0.2.7"


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "0.0.0.0:0"])
@pytest.mark.parametrize("kind", ["udp", "tcp"])
async def test_a_call_in_is_answered_with_the_address_announced(
    tmp_path: Path, listen: str, kind: str
) -> None:
    config = sip_config(listen_udp=(listen,), listen_tcp=(listen,), announce=OUTSIDE)
    async with world(tmp_path, config) as gateway, gateway.phone(kind=kind) as phone:
        call = await phone.call("8002")
        assert call.sound.remote is not None
        assert call.sound.remote[0] == OUTSIDE
        assert await call.hang_up() == 200


async def test_a_room_calls_a_phone(tmp_path: Path) -> None:
    config = sip_config(listen_udp=("0.0.0.0:0",), announce=OUTSIDE)
    async with world(tmp_path, config) as gateway, registered(gateway) as phone:
        olga = await gateway.member(COMMAND)
        await dial(gateway, olga, "101")
        await (await asyncio.wait_for(phone.incoming.get(), 5)).answer()
        await gateway.until(lambda: told(olga)[-1] is CallState.ANSWERED)


async def test_a_room_calls_out_by_a_trunk(tmp_path: Path) -> None:
    async with Pbx.open(SECRET) as pbx:
        trunks = (trunk(tmp_path, pbx, rooms=()),)
        config = sip_config(listen_udp=("0.0.0.0:0",), announce=OUTSIDE, trunks=trunks)
        async with world(tmp_path, config) as gateway:
            await gateway.until(lambda: is_registered(gateway))
            olga = await gateway.member(COMMAND)
            await dial(gateway, olga, "0123")
            await gateway.until(lambda: told(olga)[-1] is CallState.BUSY)
        assert f"c=IN IP4 {OUTSIDE}".encode() in pbx.of("INVITE")[-1].body
