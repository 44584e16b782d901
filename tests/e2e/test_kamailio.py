"""Story 3 of the SIP door: through kamailio, with Record-Route and digest challenges, in both directions."""

import asyncio
import datetime as dt
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from gateway.app.cert import issue
from sim.console import console
from sim.gateway import Gateway, free_port, gateway
from sim.peers.aiortc_peer import aiortc_listener, aiortc_talker
from sim.peers.exchange import Door
from sim.peers.kamailio_peer import ACCOUNT, PASSWORD, Kamailio, kamailio
from sim.peers.pjsua_peer import PjsuaPhone, pjsua_phone
from sim.phone import Phone, Refused
from tests.e2e.test_phone_calls_room import PASSWORD as PASSWORD_HERE
from tests.e2e.test_phone_calls_room import sip_section

FRAMES = 100
KINDS = ("udp", "tcp", "tls")
ROOMS = '[[sip.rooms]]\nnumber = "8001"\nroom = "ops"\n[[sip.rooms]]\nnumber = "8002"\nroom = "command"\n'


@asynccontextmanager
async def exchange(
    folder: Path,
    kind: str = "udp",
    *,
    password: str = PASSWORD,
    rooms: str = '["8002"]',
    algorithm: str = "MD5",
    forwarding: bool = True,
    believed: bool = True,
) -> AsyncIterator[tuple[Kamailio, Gateway]]:
    """kamailio, and a gateway that has an account there and registers over ``kind``.

    ``believed`` False: its TLS certificate comes from an authority that the gateway does not know.
    """
    tls, identity = None, ""
    if kind == "tls":
        made = issue(folder / "ca", ["localhost"], dt.datetime.now(dt.UTC))
        tls = (made.cert, made.key)
        known = made if believed else issue(folder / "other-ca", ["localhost"], dt.datetime.now(dt.UTC))
        identity = f'cert = "{made.cert}"\nkey = "{made.key}"\nauthorities = "{known.ca}"\n'
    async with kamailio(folder / "kamailio", tls=tls, algorithm=algorithm) as pbx:
        more = section(folder, pbx, kind, identity, password=password, rooms=rooms)
        async with gateway(folder, more=more, forwarding=forwarding) as hub:
            yield pbx, hub


def section(
    folder: Path,
    pbx: Kamailio,
    kind: str,
    identity: str = "",
    *,
    password: str = PASSWORD,
    rooms: str = '["8002"]',
) -> str:
    """A section ``[sip]`` with two rooms and kamailio as the one trunk."""
    secret = folder / "trunk-password"
    secret.write_text(password + "\n", encoding="utf-8")
    secret.chmod(0o600)
    door = free_port(socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM, 1)
    return (
        f'[sip]\nlisten_{kind} = ["127.0.0.1:{door}"]\n{identity}{ROOMS}'
        '[[sip.trunks]]\nname = "exchange"\nhost = "localhost"\n'
        f'port = {pbx.tls_port or pbx.port}\ntransport = "{kind}"\n'
        f'user = "{ACCOUNT}"\npassword_file = "{secret}"\nregister = true\n'
        f'prefixes = ["2"]\nrooms = {rooms}\n'
    )


async def registered(pbx: Kamailio, hub: Gateway) -> None:
    await pbx.saw(f"registered {ACCOUNT}")
    await hub.saw("registered at a trunk")
    metrics = await hub.metrics()
    assert metrics["crosspatch_sip_trunks_registered"] == 1
    assert metrics["crosspatch_sip_trunks_unregistered"] == 0


async def talk_both_ways(hub: Gateway, phone: PjsuaPhone, connect: Callable[[], Awaitable[None]]) -> None:
    """The phone gets into a conference, is heard there, holds, is spoken to, and hangs up."""
    token = await hub.token()
    whip, whep = (Door(f"{hub.url}/{door}/command", token) for door in ("whip", "whep"))
    async with aiortc_listener(whep) as recorder, aiortc_talker(whip) as browser:
        await connect()
        await phone.do("wait", seconds=1.0)
        recorder.forget()
        await phone.do("wait", seconds=4.0)
        up = recorder.take().heard()
        await phone.do("hold")
        await phone.do("unhold")
        said, _ = await asyncio.gather(browser.say(0, FRAMES), phone.do("wait", seconds=3.0))
        assert said > 0
        assert (await phone.do("hang_up"))["status"] == 200
    assert up.frames >= 120, up
    assert up.lost_frames <= 3, up


def dials(phone: PjsuaPhone) -> Callable[[], Awaitable[None]]:
    async def connect() -> None:
        assert (await phone.do("dial", number="8002"))["status"] == 200

    return connect


async def no_call_is_left(hub: Gateway) -> None:
    """The exchange may keep its connection; a call leaves nothing behind."""
    async with asyncio.timeout(10):
        while (metrics := await hub.metrics())["crosspatch_sip_edge_legs"]:  # noqa: ASYNC110 - a page to poll
            await asyncio.sleep(0.1)
    assert metrics["crosspatch_sip_calls"] == 0


def heard_the_room(phone: PjsuaPhone) -> None:
    down = phone.heard().heard()
    assert down.frames >= FRAMES - 5, down


@pytest.mark.parametrize("kind", KINDS)
async def test_the_gateway_registers_with_a_digest_and_leaves_in_order(tmp_path: Path, kind: str) -> None:
    async with exchange(tmp_path, kind) as (pbx, hub):
        await registered(pbx, hub)
        assert pbx.count("REGISTER") == 2  # unchallenged, and with the answer to 401
        await hub.stop()
        await pbx.saw(f"registered {ACCOUNT}", times=2)
        assert not any(PASSWORD in line for line in hub.log)


async def test_a_challenge_by_sha_256_is_answered(tmp_path: Path) -> None:
    async with exchange(tmp_path, algorithm="SHA-256") as (pbx, hub):
        await registered(pbx, hub)


async def test_a_wrong_password_is_told_and_not_repeated(tmp_path: Path) -> None:
    async with exchange(tmp_path, password="a guess") as (pbx, hub):
        await hub.saw("a trunk does not register us")
        assert any('"status": 401' in line for line in hub.log)
        # Longer than any retransmission (64 * T1 would only repeat what nobody answered).
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3):
                await pbx.saw("REGISTER", times=3)
        metrics = await hub.metrics()
        assert metrics["crosspatch_sip_trunks_unregistered"] == 1
        assert metrics["crosspatch_sip_trunk_failures_total"] == 1


async def test_an_exchange_with_a_certificate_of_nobody_gets_no_word(tmp_path: Path) -> None:
    async with exchange(tmp_path, "tls", believed=False) as (pbx, hub):
        await hub.saw("a trunk does not register us")
        metrics = await hub.metrics()
        assert metrics["crosspatch_sip_edge_tls_failed_total"] >= 1
        assert metrics["crosspatch_sip_trunks_unregistered"] == 1
        assert pbx.story == []


@pytest.mark.parametrize("kind", KINDS)
async def test_a_phone_of_the_exchange_calls_a_room(tmp_path: Path, kind: str) -> None:
    async with exchange(tmp_path, kind) as (pbx, hub):
        await registered(pbx, hub)
        async with pjsua_phone(tmp_path / "pj", pbx.server, "201", PASSWORD) as (phone, status):
            assert status == 200
            await talk_both_ways(hub, phone, dials(phone))
        await pbx.saw("routed INVITE from 201", times=2)  # hold and unhold
        await pbx.saw("routed BYE from 201")
        heard_the_room(phone)
        await no_call_is_left(hub)


async def test_without_forwarding_the_phone_of_the_exchange_is_not_heard(tmp_path: Path) -> None:
    async with (
        exchange(tmp_path, forwarding=False) as (pbx, hub),
        Phone.open(pbx.server, "201", PASSWORD, domain="pbx.test") as phone,
    ):
        await registered(pbx, hub)
        assert await phone.register() == 200
        whep = Door(f"{hub.url}/whep/command", await hub.token())
        async with aiortc_listener(whep) as recorder:
            call = await phone.call("8002")
            await call.sound.say(FRAMES)
            assert recorder.take().heard().frames == 0


async def test_the_gateways_own_bye_passes_the_proxy(tmp_path: Path) -> None:
    async with (
        exchange(tmp_path) as (pbx, hub),
        Phone.open(pbx.server, "201", PASSWORD, domain="pbx.test") as phone,
    ):
        await registered(pbx, hub)
        assert await phone.register() == 200
        call = await phone.call("8002")
        await hub.stop()
        await pbx.saw("routed BYE from 8002")
        async with asyncio.timeout(10):
            await call.over.wait()


async def test_the_exchange_reaches_only_the_rooms_listed_for_it(tmp_path: Path) -> None:
    async with (
        exchange(tmp_path, rooms='["8001"]') as (pbx, hub),
        Phone.open(pbx.server, "201", PASSWORD, domain="pbx.test") as phone,
    ):
        await registered(pbx, hub)
        assert await phone.register() == 200
        with pytest.raises(Refused) as refused:
            await phone.call("8002")
        assert refused.value.status == 404
        call = await phone.call("8001")
        assert await call.hang_up() == 200


@pytest.mark.parametrize("kind", KINDS)
async def test_a_room_calls_a_phone_of_the_exchange(tmp_path: Path, kind: str) -> None:
    async with exchange(tmp_path, kind) as (pbx, hub):
        await registered(pbx, hub)
        token = await hub.token(grants="listen,talk,dispatch")
        async with (
            Phone.open(pbx.server, "201", PASSWORD, domain="pbx.test") as phone,
            console(hub.url, token, "command") as room,
        ):
            assert await phone.register() == 200
            assert (await room.ask("call_number", room="command", number="201"))["ok"]
            call = await asyncio.wait_for(phone.incoming.get(), 10)
            await call.answer()
            assert await room.call_reaches("answered", "failed", "unreachable") == "answered"
            assert pbx.count(f"INVITE from {ACCOUNT}") == 2  # unchallenged, and with the answer to 407
            async with aiortc_listener(Door(f"{hub.url}/whep/command", token)) as recorder:
                await call.sound.say(25)
                await recorder.flowing()
                await recorder.heard_out(loud_ms=200, quiet_ms=300)
                recorder.forget()
                await call.sound.say(FRAMES)
                await recorder.heard_out(loud_ms=FRAMES * 15, quiet_ms=300)
                heard = recorder.take().heard()
            assert heard.lost_frames <= 2, heard
            assert heard.frames >= FRAMES - 4, heard
            assert await call.hang_up() == 200
            await pbx.saw("routed BYE from 201")
            await no_call_is_left(hub)


async def test_a_room_calls_a_phone_of_another_make(tmp_path: Path) -> None:
    async with exchange(tmp_path) as (pbx, hub):
        await registered(pbx, hub)
        token = await hub.token(grants="listen,talk,dispatch")
        async with (
            pjsua_phone(tmp_path / "pj", pbx.server, "201", PASSWORD) as (phone, status),
            console(hub.url, token, "command") as room,
        ):
            assert status == 200

            async def connect() -> None:
                assert (await room.ask("call_number", room="command", number="201"))["ok"]
                assert ACCOUNT in (await phone.do("ring"))["caller"]
                assert (await phone.do("answer"))["connected"]
                assert await room.call_reaches("answered", "failed") == "answered"

            await talk_both_ways(hub, phone, connect)
        await pbx.saw("routed BYE from 201")
        heard_the_room(phone)
        await no_call_is_left(hub)


@pytest.mark.parametrize(("status", "state"), [(486, "busy"), (603, "declined")])
async def test_a_refusal_behind_the_exchange_is_told(tmp_path: Path, status: int, state: str) -> None:
    async with (
        exchange(tmp_path) as (pbx, hub),
        Phone.open(pbx.server, "201", PASSWORD, domain="pbx.test") as phone,
    ):
        await registered(pbx, hub)
        assert await phone.register() == 200
        token = await hub.token(grants="listen,talk,dispatch")
        async with console(hub.url, token, "command") as room:
            assert (await room.ask("call_number", room="command", number="201"))["ok"]
            (await asyncio.wait_for(phone.incoming.get(), 10)).refuse(status)
            assert await room.call_reaches(state, "answered", "failed") == state
        await no_call_is_left(hub)


async def test_a_call_that_rings_behind_the_exchange_is_given_up(tmp_path: Path) -> None:
    async with (
        exchange(tmp_path) as (pbx, hub),
        Phone.open(pbx.server, "201", PASSWORD, domain="pbx.test") as phone,
    ):
        await registered(pbx, hub)
        assert await phone.register() == 200
        token = await hub.token(grants="listen,talk,dispatch")
        async with console(hub.url, token, "command") as room:
            placed = await room.ask("call_number", room="command", number="201")
            call = await asyncio.wait_for(phone.incoming.get(), 10)
            assert await room.call_reaches("ringing", "failed") == "ringing"
            assert (await room.ask("give_up_call", room="command", call=placed["call"]))["ok"]
            async with asyncio.timeout(10):
                await call.over.wait()
            assert await room.call_reaches("cancelled", "failed") == "cancelled"
        await pbx.saw(f"CANCEL from {ACCOUNT}")
        await no_call_is_left(hub)


async def test_an_exchange_that_came_back_is_registered_at_again(tmp_path: Path) -> None:
    async with AsyncExitStack() as first:
        pbx = await first.enter_async_context(kamailio(tmp_path / "first"))
        async with gateway(tmp_path, more=section(tmp_path, pbx, "tcp")) as hub:
            await registered(pbx, hub)
            await first.aclose()
            await hub.saw("the connection to a trunk is lost")
            assert (await hub.metrics())["crosspatch_sip_trunks_unregistered"] == 1
            async with kamailio(tmp_path / "second", port=pbx.port) as again:
                await again.saw(f"registered {ACCOUNT}")
                await hub.saw("registered at a trunk", times=2)


async def test_a_number_that_the_exchange_does_not_know_is_told(tmp_path: Path) -> None:
    async with exchange(tmp_path) as (pbx, hub):
        await registered(pbx, hub)
        token = await hub.token(grants="listen,talk,dispatch")
        async with console(hub.url, token, "command") as room:
            assert (await room.ask("call_number", room="command", number="299"))["ok"]
            assert await room.call_reaches("answered", "failed", "unreachable") == "unreachable"
        assert pbx.count("routed") == 0


@pytest.mark.parametrize("kind", ["udp", "tcp"])
async def test_a_phone_behind_the_proxy_registers_and_calls(tmp_path: Path, kind: str) -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    async with (
        kamailio(tmp_path / "kamailio") as pbx,
        gateway(tmp_path, more=sip_section(port, "101")) as hub,
    ):
        here = ("127.0.0.1", port)
        async with pjsua_phone(tmp_path / "pj", here, "101", PASSWORD_HERE, kind=kind, proxy=pbx.server) as (
            phone,
            status,
        ):
            assert status == 200
            assert (await hub.metrics())["crosspatch_sip_registered"] == 1
            await talk_both_ways(hub, phone, dials(phone))
        await pbx.saw("routed BYE from 101")
        heard_the_room(phone)


async def test_a_room_calls_a_phone_behind_the_proxy_by_its_path(tmp_path: Path) -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    domain = f"127.0.0.1:{port}"
    async with (
        kamailio(tmp_path / "kamailio") as pbx,
        gateway(tmp_path, more=sip_section(port, "101")) as hub,
        Phone.open(pbx.server, "101", PASSWORD_HERE, domain=domain) as phone,
    ):
        assert await phone.register() == 200
        token = await hub.token(grants="listen,talk,dispatch")
        async with console(hub.url, token, "command") as room:
            assert (await room.ask("call_number", room="command", number="101"))["ok"]
            call = await asyncio.wait_for(phone.incoming.get(), 10)
            assert pbx.count("INVITE from 8002 to 101") == 1
            await call.answer()
            assert await room.call_reaches("answered", "failed", "unreachable") == "answered"
            await hub.stop()
            await pbx.saw("routed BYE from 8002")
