"""Story 1 of the SIP door, told by a phone of another make (pjsua2)."""

import asyncio
import socket
from pathlib import Path

import pytest

from sim.gateway import free_port, gateway
from sim.peers.aiortc_peer import aiortc_listener, aiortc_talker
from sim.peers.certificate import make_certificate
from sim.peers.exchange import Door
from sim.peers.pjsua_peer import pjsua_phone
from tests.e2e.test_phone_calls_room import PASSWORD, sip_section

FRAMES = 100


@pytest.mark.parametrize("kind", ["udp", "tcp", "tls"])
async def test_the_phone_hears_the_room_and_is_heard_unless_it_holds(tmp_path: Path, kind: str) -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    identity = tmp_path / "identity.pem" if kind == "tls" else None
    if identity is not None:
        identity.write_text(make_certificate().pem)
    async with gateway(tmp_path, more=sip_section(port, "101", identity=identity)) as hub:
        token = await hub.token()
        whip, whep = (Door(f"{hub.url}/{door}/command", token) for door in ("whip", "whep"))
        server = ("127.0.0.1", port)
        async with pjsua_phone(tmp_path / "pj", server, "101", PASSWORD, kind=kind) as (phone, status):
            assert status == 200
            async with aiortc_listener(whep) as recorder, aiortc_talker(whip) as browser:
                assert (await phone.do("dial", number="8002"))["status"] == 200
                await phone.do("wait", seconds=1.0)
                recorder.forget()
                await phone.do("wait", seconds=3.0)
                up = recorder.take().heard()
                await phone.do("hold")
                recorder.forget()
                await phone.do("wait", seconds=1.5)
                held_up = recorder.take().heard()
                await phone.take()
                await asyncio.gather(browser.say(0, FRAMES), phone.do("wait", seconds=3.0))
                held_down = (await phone.take()).heard()
                await phone.do("unhold")
                await asyncio.gather(browser.say(0, FRAMES), phone.do("wait", seconds=4.0))
                assert (await phone.do("hang_up"))["status"] == 200
        down = phone.heard().heard()
        assert up.frames >= 120, up
        assert up.lost_frames <= 3, up
        assert down.frames >= FRAMES - 5, down
        assert (held_up.frames, held_down.frames) == (0, 0), (held_up, held_down)
        metrics = await hub.metrics()
        assert metrics["crosspatch_sip_calls"] == 0


async def test_star_takes_the_floor_and_hash_gives_it_back(tmp_path: Path) -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    async with gateway(tmp_path, more=sip_section(port, "101")) as hub:
        whep = Door(f"{hub.url}/whep/ops", await hub.token())
        server = ("127.0.0.1", port)
        async with (
            pjsua_phone(tmp_path / "pj", server, "101", PASSWORD) as (phone, _),
            aiortc_listener(whep) as recorder,
        ):
            assert (await phone.do("dial", number="8001"))["status"] == 200
            await phone.do("wait", seconds=1.0)
            assert recorder.take().heard().frames == 0
            await phone.do("press", keys="*")
            await phone.do("wait", seconds=2.0)
            assert recorder.take().heard().frames >= 75
            await phone.do("press", keys="#")
            await phone.do("wait", seconds=0.5)
            recorder.forget()
            await phone.do("wait", seconds=1.0)
            assert recorder.take().heard().frames == 0
            await phone.do("hang_up")


async def test_keys_by_info_toggle_the_floor_and_what_is_no_key_does_nothing(tmp_path: Path) -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    toggles = sip_section(port, "101").replace('room = "ops"\n', 'room = "ops"\nptt = "toggle"\n', 1)
    async with gateway(tmp_path, more=toggles) as hub:
        whep = Door(f"{hub.url}/whep/ops", await hub.token())
        async with (
            pjsua_phone(tmp_path / "pj", ("127.0.0.1", port), "101", PASSWORD) as (phone, _),
            aiortc_listener(whep) as recorder,
        ):
            assert (await phone.do("dial", number="8001"))["status"] == 200
            await phone.do("info", content_type="application/dtmf-relay", body="Signal=star")
            assert recorder.take().heard().frames == 0
            await phone.do("info", content_type="application/dtmf-relay", body="Signal=*\r\nDuration=160\r\n")
            await phone.do("wait", seconds=2.0)
            assert recorder.take().heard().frames >= 75
            await phone.do("info", content_type="application/dtmf", body="*")
            recorder.forget()
            await phone.do("wait", seconds=1.0)
            assert recorder.take().heard().frames == 0
            await phone.do("hang_up")
        metrics = await hub.metrics()
        read, unread = (metrics[f"crosspatch_sip_digits{what}_total"] for what in ("", "_unread"))
        assert (read, unread) == (2, 1)


async def test_a_wrong_password_is_refused(tmp_path: Path) -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    async with (
        gateway(tmp_path, more=sip_section(port, "101")),
        pjsua_phone(tmp_path / "pj", ("127.0.0.1", port), "101", "a guess") as (_, status),
    ):
        assert status in (401, 403)
