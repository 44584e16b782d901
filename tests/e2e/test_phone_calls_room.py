"""A desk phone in the room: registers, calls, hears and is heard, takes the floor, holds, hangs up."""

import hashlib
import socket
from pathlib import Path

import pytest

from sim.gateway import Gateway, free_port, gateway
from sim.leaks import holds, released
from sim.peers.aiortc_peer import aiortc_listener, aiortc_talker
from sim.peers.exchange import Door
from sim.phone import Phone, Refused

FRAMES = 100
PASSWORD = "a long password"


def sip_section(port: int, *numbers: str, identity: Path | None = None) -> str:
    """Phones by number, one number for each default room; with an ``identity`` (PEM) a TLS door only."""
    users = "".join(
        f'[[sip.users]]\nnumber = "{number}"\nname = "Phone {number}"\nha1 = "{_ha1(number)}"\n'
        for number in numbers
    )
    rooms = '[[sip.rooms]]\nnumber = "8001"\nroom = "ops"\n[[sip.rooms]]\nnumber = "8002"\nroom = "command"\n'
    if identity is not None:
        doors = f'[sip]\nlisten_tls = ["127.0.0.1:{port}"]\ncert = "{identity}"\nkey = "{identity}"\n'
        return doors + users + rooms
    doors = f'[sip]\nlisten_udp = ["127.0.0.1:{port}"]\nlisten_tcp = ["127.0.0.1:{port}"]\n'
    return doors + users + rooms


def _ha1(number: str) -> str:
    return hashlib.sha256(f"{number}:crosspatch:{PASSWORD}".encode()).hexdigest()


@pytest.mark.parametrize("kind", ["udp", "tcp"])
async def test_a_phone_in_a_conference_hears_and_is_heard(tmp_path: Path, kind: str) -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    async with gateway(tmp_path, more=sip_section(port, "101")) as hub:
        token = await hub.token()
        before = await holds(hub)
        for first in (0, 1000):
            await _talk_both_ways(hub, token, ("127.0.0.1", port), kind, first)
        await released(hub, before)


async def _talk_both_ways(hub: Gateway, token: str, server: tuple[str, int], kind: str, first: int) -> None:
    whip, whep = (Door(f"{hub.url}/{door}/command", token) for door in ("whip", "whep"))
    async with (
        Phone.open(server, "101", PASSWORD, kind=kind) as phone,
        aiortc_listener(whep) as recorder,
    ):
        assert await phone.register() == 200
        call = await phone.call("8002")
        await call.sound.say(25)  # latches the media path before anything is counted
        await recorder.flowing()
        await recorder.heard_out(loud_ms=200, quiet_ms=300)
        recorder.forget()
        await call.sound.say(FRAMES, first=first)
        await recorder.heard_out(loud_ms=FRAMES * 15, quiet_ms=300)
        heard = recorder.take().heard(near=first)
        assert heard.lost_frames <= 2, heard
        assert heard.frames >= FRAMES - 4, heard
        async with aiortc_talker(whip) as browser:
            call.sound.recorder.forget()
            await browser.say(first, FRAMES)
            await call.sound.recorder.heard_out(loud_ms=FRAMES * 15, quiet_ms=100)
            down = call.sound.recorder.take().heard(near=first)
        assert down.lost_frames <= 2, down
        assert down.frames >= FRAMES - 4, down
        assert len(call.sound.ssrcs) == 1
        assert await call.hang_up() == 200
        assert await phone.register(expires_s=0) == 200


async def test_a_wrong_password_is_refused(tmp_path: Path) -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    async with (
        gateway(tmp_path, more=sip_section(port, "101")),
        Phone.open(("127.0.0.1", port), "101", "a guess") as phone,
    ):
        assert await phone.register() == 401
        with pytest.raises(Refused) as refused:
            await phone.call("8002")
        assert refused.value.status == 401


async def test_star_takes_the_floor_and_hold_gives_it_back(tmp_path: Path) -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    async with (
        gateway(tmp_path, more=sip_section(port, "101", "102")) as hub,
        Phone.open(("127.0.0.1", port), "101", PASSWORD) as talker,
        Phone.open(("127.0.0.1", port), "102", PASSWORD) as listener,
    ):
        up, down = await talker.call("8001"), await listener.call("8001")
        await down.sound.say(10)
        await up.sound.say(50)  # without the floor nobody hears it
        assert down.sound.recorder.take().heard().frames == 0
        await up.sound.press("*")
        await up.sound.recorder.heard_out(loud_ms=40, quiet_ms=0)  # the granted tone
        await up.sound.say(FRAMES)
        # Nobody talks, nothing is sent: there is no quiet to wait for.
        await down.sound.recorder.heard_out(loud_ms=(FRAMES - 5) * 20, quiet_ms=0)
        heard = down.sound.recorder.take().heard()
        assert heard.frames >= FRAMES - 10, heard
        assert await up.hold() == 200
        assert await up.unhold() == 200
        down.sound.recorder.forget()
        await down.sound.press("*")
        await down.sound.recorder.heard_out(loud_ms=40, quiet_ms=0)
        metrics = await hub.metrics()
        assert metrics["crosspatch_sip_calls"] == 2
