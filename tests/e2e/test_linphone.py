"""Story 1 of the SIP door once more, told by linphone: a second telephone of another make."""

import socket
from pathlib import Path

from sim.gateway import free_port, gateway
from sim.peers.aiortc_peer import aiortc_listener, aiortc_talker
from sim.peers.exchange import Door
from sim.peers.linphone_peer import linphone_phone
from sim.phone import Phone
from tests.e2e.test_phone_calls_room import PASSWORD, sip_section

FRAMES = 100


def door(port: int) -> str:
    """What linphone plays from a file has the rate of G.711."""
    return sip_section(port, "101", "102").replace("[sip]\n", '[sip]\ncodecs = ["PCMU"]\n', 1)


async def test_linphone_registers_hears_the_room_and_is_heard_unless_it_holds(tmp_path: Path) -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    async with gateway(tmp_path, more=door(port)) as hub:
        token = await hub.token()
        whip, whep = (Door(f"{hub.url}/{kind}/command", token) for kind in ("whip", "whep"))
        async with linphone_phone(tmp_path / "lp", ("127.0.0.1", port), "101", PASSWORD) as phone:
            assert await phone.registers()
            assert (await hub.metrics())["crosspatch_sip_registered"] == 1
            async with aiortc_listener(whep) as recorder, aiortc_talker(whip) as browser:
                assert await phone.dial("8002")
                await phone.speak()
                await recorder.flowing()
                recorder.forget()
                await recorder.heard_out(loud_ms=2000, quiet_ms=0)
                up = recorder.take().heard()
                await phone.hold()
                await browser.say(0, FRAMES)  # the listener's one slot moves to this talker
                recorder.forget()
                await browser.say(0, FRAMES)
                await recorder.heard_out(loud_ms=(FRAMES - 5) * 20, quiet_ms=0)
                held = recorder.take().heard()
                await phone.unhold()
                recorder.forget()
                await recorder.heard_out(loud_ms=1000, quiet_ms=0)
                await phone.record()
                await browser.say(0, FRAMES)
                await browser.say(0, 10)  # time for the last of it to be played
                await phone.hang_up()
            down = phone.heard().heard()
        assert up.frames >= 95, up
        # Its music on hold would lie over the other's words.
        assert held.frames >= FRAMES - 5, held
        assert held.unclear_ms < 100, held
        assert down.frames >= FRAMES - 5, down
        assert (await hub.metrics())["crosspatch_sip_calls"] == 0


async def test_a_key_of_linphone_takes_the_floor_and_gives_it_back(tmp_path: Path) -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    async with gateway(tmp_path, more=door(port)) as hub:
        whep = Door(f"{hub.url}/whep/ops", await hub.token())
        async with (
            linphone_phone(tmp_path / "lp", ("127.0.0.1", port), "101", PASSWORD) as phone,
            Phone.open(("127.0.0.1", port), "102", PASSWORD) as other,
            aiortc_listener(whep) as recorder,
        ):
            assert await phone.registers()
            assert await phone.dial("8001")
            call = await other.call("8001")
            await phone.speak()
            await phone.press("*")
            await recorder.heard_out(loud_ms=1000, quiet_ms=0)
            await phone.press("#")
            # Who can take the floor now is heard, and nobody else.
            await call.sound.recorder.heard_out(loud_ms=1000, quiet_ms=100)
            await call.sound.press("*")
            await call.sound.say(25)
            recorder.forget()
            await call.sound.say(FRAMES)
            await recorder.heard_out(loud_ms=(FRAMES - 5) * 20, quiet_ms=0)
            heard = recorder.take().heard()
            assert heard.frames >= FRAMES - 5, heard
            await phone.hang_up()


async def test_linphone_with_a_wrong_password_is_refused(tmp_path: Path) -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    async with (
        gateway(tmp_path, more=door(port)) as hub,
        linphone_phone(tmp_path / "lp", ("127.0.0.1", port), "101", "a guess") as phone,
    ):
        assert not await phone.registers()
        assert (await hub.metrics())["crosspatch_sip_registered"] == 0


async def test_linphone_sees_the_gateway_hang_up(tmp_path: Path) -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    limited = door(port).replace("[sip]\n", "[sip]\ncall_limit_s = 3\n", 1)
    async with (
        gateway(tmp_path, more=limited) as hub,
        linphone_phone(tmp_path / "lp", ("127.0.0.1", port), "101", PASSWORD) as phone,
    ):
        assert await phone.registers()
        assert await phone.dial("8002")
        await phone.ended()
        assert (await hub.metrics())["crosspatch_sip_calls"] == 0
