"""What a phone of another make (pjsua2) hears of the floor, and that nobody else hears it."""

import socket
from pathlib import Path

from sim.gateway import free_port, gateway
from sim.peers.pjsua_peer import pjsua_phone
from sim.phone import Phone
from sim.signal.pulses import pitches
from tests.e2e.test_phone_calls_room import PASSWORD, sip_section

ROOM = '[[rooms]]\nid = "ops"\ntalk_limit_ms = 4000\nwarn_ms = 2500\ngrace_ms = 1000\n'
GRANTED, QUEUED, GO, TIME_NEARLY_OUT = [880], [523], [880, 1175], [1319]
REVOKED, DENIED = [659, 440, 294], [311]
NEAR_HZ = 12


def hears(told: list[int], *figures: list[int]) -> bool:
    """The figures come in this order; a figure may be heard again before the next."""
    heard = iter(told)
    wanted = [hz for figure in figures for hz in figure]
    return all(any(abs(hz - pitch) <= NEAR_HZ for pitch in heard) for hz in wanted)


async def test_the_phone_hears_what_becomes_of_its_requests_and_the_room_does_not(tmp_path: Path) -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    only_ops = sip_section(port, "101", "102").replace(
        '[[sip.rooms]]\nnumber = "8002"\nroom = "command"\n', ""
    )
    async with (
        gateway(tmp_path, more=ROOM + only_ops),
        pjsua_phone(tmp_path / "pj", ("127.0.0.1", port), "101", PASSWORD) as (phone, _),
        Phone.open(("127.0.0.1", port), "102", PASSWORD) as other,
    ):
        call = await other.call("8001")
        await call.sound.say(10)  # the gateway knows now where it is
        assert (await phone.do("dial", number="8001"))["status"] == 200
        await phone.do("press", keys="*")
        await phone.do("press", keys="#")
        await call.sound.press("*")
        await phone.do("press", keys="*")
        asked = pitches(await phone.take())
        call.sound.recorder.forget()
        await call.sound.press("#")
        await phone.do("wait", seconds=7.0)  # its turn: 4 s, 1 s of grace, and what it is told after that
        spoken = call.sound.recorder.take().heard()
        served = pitches(await phone.take())
        await phone.do("press", keys="*")
        await phone.do("hang_up")
    assert hears(asked, GRANTED, QUEUED), asked
    assert hears(served, GO, TIME_NEARLY_OUT, REVOKED), served
    # Its speech came through with nothing over it; a tone of the gateway would be no frame of it.
    assert spoken.frames >= 225, spoken
    assert spoken.unclear_ms < 100, spoken


async def test_the_phone_hears_that_its_request_is_denied(tmp_path: Path) -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    nobody_waits = '[[rooms]]\nid = "ops"\nqueue_max = 0\n'
    only_ops = sip_section(port, "101", "102").replace(
        '[[sip.rooms]]\nnumber = "8002"\nroom = "command"\n', ""
    )
    async with (
        gateway(tmp_path, more=nobody_waits + only_ops),
        pjsua_phone(tmp_path / "pj", ("127.0.0.1", port), "101", PASSWORD) as (phone, _),
        Phone.open(("127.0.0.1", port), "102", PASSWORD) as other,
    ):
        call = await other.call("8001")
        assert (await phone.do("dial", number="8001"))["status"] == 200
        await call.sound.press("*")
        await call.sound.recorder.heard_out(loud_ms=40, quiet_ms=0)
        await phone.do("press", keys="*")
        told = pitches(await phone.take())
        await phone.do("hang_up")
    assert hears(told, DENIED), told
    assert not hears(told, GRANTED), told
