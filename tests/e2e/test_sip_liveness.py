"""Story 5 of the SIP door: a killed phone leaves the room by itself, a silent one stays."""

import asyncio
import socket
import time
from pathlib import Path

import pytest

from sim.gateway import Gateway, free_port, gateway
from sim.peers.pjsua_peer import pjsua_phone
from sim.phone import Phone
from tests.e2e.test_phone_calls_room import PASSWORD, sip_section

GONE_WITHIN_S = 45.0
"""DESIGN 3.14."""
SILENCE_S = 60.0


@pytest.mark.parametrize("kind", ["udp", "tcp"])
async def test_a_killed_phone_leaves_the_room_within_45_s(tmp_path: Path, kind: str) -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    async with gateway(tmp_path, more=sip_section(port, "101")) as hub:
        server = ("127.0.0.1", port)
        async with pjsua_phone(tmp_path / "pj", server, "101", PASSWORD, kind=kind) as (phone, _):
            assert (await phone.do("dial", number="8002"))["status"] == 200
            await phone.do("wait", seconds=2.0)
            assert await calls(hub) == 1
            await phone.kill()
            async with asyncio.timeout(GONE_WITHIN_S):
                while await calls(hub):  # noqa: ASYNC110 - a page to poll
                    await asyncio.sleep(0.2)


async def test_a_phone_silent_for_a_minute_is_still_there(tmp_path: Path) -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    async with (
        gateway(tmp_path, more=sip_section(port, "101")) as hub,
        Phone.open(("127.0.0.1", port), "101", PASSWORD) as phone,
    ):
        call = await phone.call("8002")
        until = time.monotonic() + SILENCE_S
        while time.monotonic() < until:
            assert not call.over.is_set()
            assert await calls(hub) == 1
            await asyncio.sleep(1)
        assert call.probes >= 3
        assert await call.hang_up() == 200


async def calls(hub: Gateway) -> float:
    """Phones as the SIP door counts them, or legs as the hub does, whoever has more: there are no others."""
    metrics = await hub.metrics()
    return max(metrics["crosspatch_sip_calls"], metrics["crosspatch_legs_attached"])
