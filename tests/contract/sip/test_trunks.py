"""Trunks: registered with an account and kept so, found by name, let in as far as they are listed."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.sip.accounts import Unusable
from adapters.sip.config import SipConfig
from adapters.sip.resolver import addresses
from adapters.sip.trunk_config import SipTrunk, TrunkTransport
from gateway.app.config_read import ConfigError, read_config
from gateway.model.call import CallState
from sim.fakes.pbx import Pbx
from sim.phone import Phone, Refused
from sim.phone.message import uri_of
from tests.contract.sip.test_calls_out import dial, told
from tests.contract.sip.world import COMMAND, OPS, World, sip_config, world

SECRET = "a trunk's password"
OFFER = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    b"m=audio 40404 RTP/AVP 0\r\na=sendrecv\r\n"
)


@asynccontextmanager
async def joined(
    folder: Path,
    pbx: Pbx,
    *,
    names: Callable[[str], tuple[str, ...]] | None = None,
    clock: Callable[[], float] = time.monotonic,
    **more: object,
) -> AsyncIterator[World]:
    """A gateway with this PBX as its trunk."""
    config = sip_config(trunks=(trunk(folder, pbx, **more),))

    async def resolve(host: str) -> tuple[str, ...]:
        return names(host) if names is not None else await addresses(host)

    async with world(folder, config, resolve, clock) as running:
        yield running


def trunk(folder: Path, pbx: Pbx, **more: object) -> SipTrunk:
    secret = folder / "secret"
    secret.write_text(SECRET, encoding="utf-8")
    secret.chmod(0o600)
    given: dict[str, object] = {
        "name": "pbx",
        "host": pbx.address[0],
        "port": pbx.address[1],
        "register": True,
        "user": "gateway",
        "password_file": secret,
        "prefixes": ("0",),
        "rooms": ("8001", "8003"),
    }
    return SipTrunk(**given | more)  # type: ignore[arg-type]


def is_registered(gateway: World) -> bool:
    return gateway.counter("trunks_registered") == 1 and gateway.counter("trunks_unregistered") == 0


@pytest.mark.parametrize("kind", [TrunkTransport.UDP, TrunkTransport.TCP])
async def test_a_registration_is_refreshed_before_it_ends(tmp_path: Path, kind: TrunkTransport) -> None:
    async with Pbx.open(SECRET, kind=kind) as pbx:
        pbx.granted_s = 1
        async with joined(tmp_path, pbx, transport=kind) as gateway:
            await gateway.until(lambda: len(pbx.of("REGISTER")) >= 4)
            assert is_registered(gateway)
        first, *later = pbx.of("REGISTER")
        assert not first.get("authorization")
        assert all(request.get("authorization") for request in later)
        assert {request.get("call-id") for request in later} == {first.get("call-id")}


async def test_it_is_taken_back_at_the_end(tmp_path: Path) -> None:
    async with Pbx.open(SECRET) as pbx:
        async with joined(tmp_path, pbx) as gateway:
            await gateway.until(lambda: is_registered(gateway))
        await gateway.until(lambda: pbx.of("REGISTER")[-1].get("expires") == "0")


async def test_a_longer_time_is_asked_for_when_the_trunk_wants_that(tmp_path: Path) -> None:
    async with Pbx.open(SECRET) as pbx:
        pbx.min_expires_s = 900
        async with joined(tmp_path, pbx, expires_s=60) as gateway:
            await gateway.until(lambda: is_registered(gateway))
        assert [request.get("expires") for request in pbx.of("REGISTER")[:3]] == ["60", "60", "900"]


async def test_a_refusal_is_counted_and_not_repeated_at_once(tmp_path: Path) -> None:
    async with Pbx.open(SECRET) as pbx:
        pbx.refuses = 403
        async with joined(tmp_path, pbx) as gateway:
            await gateway.until(lambda: gateway.counter("trunk_failures_total") == 1)
            assert gateway.counter("trunks_unregistered") == 1
            assert gateway.adapter.ready  # whoever calls directly is served all the same
            assert len(pbx.of("REGISTER")) == 1


async def test_a_connection_that_broke_is_made_again(tmp_path: Path) -> None:
    async with (
        Pbx.open(SECRET, kind="tcp") as pbx,
        joined(tmp_path, pbx, transport=TrunkTransport.TCP) as gateway,
    ):
        await gateway.until(lambda: is_registered(gateway))
        pbx.hang_up_connections()
        await gateway.until(lambda: gateway.counter("trunk_failures_total") == 1)
        await gateway.until(lambda: is_registered(gateway))


async def test_the_next_address_is_tried_when_nobody_is_at_the_first(tmp_path: Path) -> None:
    async with (
        Pbx.open(SECRET, kind="tcp") as pbx,
        joined(
            tmp_path,
            pbx,
            host="pbx.example",
            transport=TrunkTransport.TCP,
            names=lambda _: ("127.0.0.9", "127.0.0.1"),
        ) as gateway,
    ):
        await gateway.until(lambda: is_registered(gateway))


async def test_a_name_that_is_found_later_is_used_then(tmp_path: Path) -> None:
    asked: list[str] = []

    def late(host: str) -> tuple[str, ...]:
        asked.append(host)
        if len(asked) < 2:
            raise OSError("no such name yet")
        return ("127.0.0.1",)

    async with Pbx.open(SECRET) as pbx, joined(tmp_path, pbx, host="pbx.example", names=late) as gateway:
        olga = await gateway.member(COMMAND)
        assert gateway.counter("trunks_unresolved") == 1
        await dial(gateway, olga, "0123")
        await gateway.until(lambda: told(olga)[-1] is CallState.UNREACHABLE)
        await gateway.until(lambda: is_registered(gateway))
        assert gateway.counter("trunks_unresolved") == 0
        assert gateway.counter("trunk_lookups_failed_total") == 1
        assert uri_of(pbx.of("REGISTER")[0].get("to")) == "sip:gateway@pbx.example"


async def test_a_fault_in_looking_a_name_up_does_not_end_the_trunk(tmp_path: Path) -> None:
    asked: list[str] = []

    def faulty(host: str) -> tuple[str, ...]:
        asked.append(host)
        if len(asked) < 2:
            raise RuntimeError("a fault of ours")
        return ("127.0.0.1",)

    async with Pbx.open(SECRET) as pbx, joined(tmp_path, pbx, host="pbx.example", names=faulty) as gateway:
        await gateway.until(lambda: is_registered(gateway))
        assert gateway.counter("faults_total") == 1


@pytest.mark.parametrize("kind", [TrunkTransport.UDP, TrunkTransport.TCP])
async def test_a_call_out_proves_who_we_are(tmp_path: Path, kind: TrunkTransport) -> None:
    async with Pbx.open(SECRET, kind=kind) as pbx, joined(tmp_path, pbx, transport=kind) as gateway:
        await gateway.until(lambda: is_registered(gateway))
        olga = await gateway.member(COMMAND)
        assert (await dial(gateway, olga, "0123")).refusal is None
        await gateway.until(lambda: told(olga)[-1] is CallState.BUSY)
        bare, proven = pbx.of("INVITE")
        assert not bare.get("proxy-authorization")
        assert proven.start.startswith(f"INVITE sip:0123@127.0.0.1:{pbx.address[1]} ")
        assert uri_of(proven.get("from")) == "sip:gateway@127.0.0.1"
        await gateway.until(lambda: gateway.counter("calls") == 0)


async def test_domain_and_login_stand_where_the_trunk_wants_them(tmp_path: Path) -> None:
    async with (
        Pbx.open(SECRET) as pbx,
        joined(tmp_path, pbx, domain="office.example", login="id-7") as gateway,
    ):
        await gateway.until(lambda: is_registered(gateway))
        olga = await gateway.member(COMMAND)
        await dial(gateway, olga, "0123")
        await gateway.until(lambda: told(olga)[-1] is CallState.BUSY)
        register, invite = pbx.of("REGISTER")[-1], pbx.of("INVITE")[-1]
        assert register.start == "REGISTER sip:office.example SIP/2.0"
        assert invite.start == "INVITE sip:0123@office.example SIP/2.0"
        assert uri_of(invite.get("from")) == "sip:gateway@office.example"
        assert 'username="id-7"' in register.get("authorization")
        assert 'username="id-7"' in invite.get("proxy-authorization")


async def test_a_call_out_with_a_wrong_password_fails_once(tmp_path: Path) -> None:
    async with Pbx.open("another one") as pbx, joined(tmp_path, pbx, register=False) as gateway:
        await gateway.until(lambda: gateway.counter("trunks_unresolved") == 0)
        olga = await gateway.member(COMMAND)
        await dial(gateway, olga, "0123")
        await gateway.until(lambda: told(olga)[-1] is CallState.FAILED)
        assert len(pbx.of("INVITE")) == 2


async def test_a_caller_from_a_trunk_is_named_and_reaches_listed_rooms_only(tmp_path: Path) -> None:
    async with Pbx.open(SECRET) as pbx, joined(tmp_path, pbx) as gateway:
        await gateway.until(lambda: is_registered(gateway))
        async with gateway.phone("555", name="Outside") as phone:
            call = await phone.call("8001", anonymous=True)
            assert call.up.is_set()
            with pytest.raises(Refused) as refused:
                await phone.call("8004", anonymous=True)
            assert refused.value.status == 404
            await phone.call("8002", anonymous=True)  # public: let in like anybody, without a name
            await gateway.until(lambda: gateway.names(COMMAND) == ["Unknown caller"])


async def test_a_call_to_the_account_reaches_its_room(tmp_path: Path) -> None:
    async with Pbx.open(SECRET) as pbx, joined(tmp_path, pbx, rooms=(), account_room="8002") as gateway:
        await gateway.until(lambda: is_registered(gateway))
        async with gateway.phone("555", name="Outside") as phone:
            await phone.call("gateway", anonymous=True)
            await gateway.until(lambda: gateway.names(COMMAND) == ["Outside"])


@pytest.mark.parametrize(
    ("said", "shown"), [("An\u202eny", "Anny"), ("x" * 90, "x" * 64), ("\u200b", "Unknown caller")]
)
async def test_a_callers_name_is_shown_without_what_could_mislead(
    tmp_path: Path, said: str, shown: str
) -> None:
    async with Pbx.open(SECRET) as pbx, joined(tmp_path, pbx, rooms=("8001",)) as gateway:
        await gateway.until(lambda: is_registered(gateway))
        async with gateway.phone("555", name=said) as phone:
            await phone.call("8001", anonymous=True)
            await gateway.until(lambda: gateway.names(OPS) == [shown])


async def test_a_call_comes_in_by_the_connection_that_we_registered_by(tmp_path: Path) -> None:
    kind = TrunkTransport.TCP
    async with Pbx.open(SECRET, kind=kind) as pbx, joined(tmp_path, pbx, transport=kind) as gateway:
        await gateway.until(lambda: is_registered(gateway))
        contact = uri_of(pbx.of("REGISTER")[-1].get("contact"))
        pbx.call_by_connection(contact.replace("gateway@", "8001@"), OFFER)
        await gateway.until(lambda: gateway.names(OPS) == ["Provider"])
        await gateway.until(lambda: [r.status for r in pbx.responses][-1:] == [200])
        pbx.hang_up_connections()
        await gateway.until(lambda: gateway.names(OPS) == [])


async def test_a_trunk_of_the_newer_internet_is_registered_at(tmp_path: Path) -> None:
    async with Pbx.open(SECRET, host="::1") as pbx:
        config = sip_config(listen_udp=("127.0.0.1:0", "[::1]:0"), trunks=(trunk(tmp_path, pbx),))
        async with world(tmp_path, config) as gateway:
            await gateway.until(lambda: is_registered(gateway))
        assert uri_of(pbx.of("REGISTER")[0].get("to")) == "sip:gateway@[::1]"


async def test_a_number_of_ours_never_goes_out(tmp_path: Path) -> None:
    async with Pbx.open(SECRET) as pbx, joined(tmp_path, pbx, prefixes=("8",)) as gateway:
        await gateway.until(lambda: is_registered(gateway))
        olga = await gateway.member(COMMAND)
        await dial(gateway, olga, "8001")
        await gateway.until(lambda: told(olga)[-1] is CallState.NOT_ALLOWED)
        assert pbx.of("INVITE") == []


async def test_a_trunk_without_rooms_is_a_stranger(tmp_path: Path) -> None:
    async with Pbx.open(SECRET) as pbx, joined(tmp_path, pbx, rooms=()) as gateway:
        await gateway.until(lambda: is_registered(gateway))
        async with gateway.phone("555") as phone:
            with pytest.raises(Refused) as refused:
                await phone.call("8001", anonymous=True)
        assert refused.value.status == 401


async def test_who_calls_from_elsewhere_is_no_trunk(tmp_path: Path) -> None:
    async with Pbx.open(SECRET, host="127.0.0.2") as pbx, joined(tmp_path, pbx) as gateway:
        await gateway.until(lambda: is_registered(gateway))
        async with gateway.phone("555") as phone:
            with pytest.raises(Refused) as refused:
                await phone.call("8001", anonymous=True)
        assert refused.value.status == 401


async def test_a_place_that_the_name_has_left_is_believed_no_more(tmp_path: Path) -> None:
    places = [("127.0.0.1",), ("127.0.0.2",)]

    async with (
        Pbx.open(SECRET, kind="tcp") as pbx,
        joined(
            tmp_path,
            pbx,
            host="pbx.example",
            transport=TrunkTransport.TCP,
            names=lambda _: places.pop(0) if len(places) > 1 else places[0],
        ) as gateway,
    ):
        await gateway.until(lambda: is_registered(gateway))
        async with gateway.phone("555", kind="tcp") as phone:
            await (await phone.call("8001", anonymous=True)).hang_up()
            pbx.hang_up_connections()
            await gateway.until(lambda: gateway.counter("trunks_registered") == 0)
            await gateway.until(lambda: len(places) == 1)
            assert await status_of_calls_when_it_changes(phone) in (401, 403)


async def test_a_place_whose_name_is_found_no_more_is_believed_for_an_hour(tmp_path: Path) -> None:
    found, now = [("127.0.0.1",)], [0.0]

    def gone(_: str) -> tuple[str, ...]:
        if not found:
            raise OSError("no such name any more")
        return found.pop()

    async with (
        Pbx.open(SECRET, kind="tcp") as pbx,
        joined(
            tmp_path,
            pbx,
            names=gone,
            clock=lambda: now[0],
            host="pbx.example",
            transport=TrunkTransport.TCP,
        ) as gateway,
        gateway.phone("555", kind="tcp") as phone,
    ):
        for hour in (0.9, 1.1):
            await gateway.until(lambda: is_registered(gateway))
            now[0] = hour * 3600
            await (await phone.call("8001", anonymous=True)).hang_up()
            failed = gateway.counter("trunk_lookups_failed_total")
            pbx.hang_up_connections()
            await gateway.until(lambda failed=failed: gateway.counter("trunk_lookups_failed_total") > failed)  # type: ignore[misc]
        assert await status_of_calls_when_it_changes(phone) == 401


async def test_a_trunk_that_speaks_tcp_lets_nobody_in_by_udp(tmp_path: Path) -> None:
    async with (
        Pbx.open(SECRET, kind="tcp") as pbx,
        joined(tmp_path, pbx, transport=TrunkTransport.TCP) as gateway,
        gateway.phone("555") as stranger,
    ):
        await gateway.until(lambda: is_registered(gateway))
        with pytest.raises(Refused) as refused:
            await stranger.call("8001", anonymous=True)
        assert refused.value.status == 403


async def status_of_calls_when_it_changes(phone: Phone) -> int:
    """Calls again until a call is refused."""
    async with asyncio.timeout(10):
        while True:
            try:
                call = await phone.call("8001", anonymous=True)
            except Refused as refused:
                return refused.status
            await call.hang_up()


async def test_a_password_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    async with Pbx.open(SECRET) as pbx:
        exposed = tmp_path / "exposed"
        exposed.write_text(SECRET, encoding="utf-8")
        exposed.chmod(0o644)
        with pytest.RaisesGroup(pytest.RaisesExc(Unusable, match="chmod 600")):
            async with joined(tmp_path, pbx, password_file=exposed):
                pass


async def test_a_password_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUNK_PASSWORD", SECRET)
    async with (
        Pbx.open(SECRET) as pbx,
        joined(tmp_path, pbx, password_file=None, password_env="TRUNK_PASSWORD") as gateway,
    ):
        await gateway.until(lambda: is_registered(gateway))


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"name": "a b"}, "name: "),
        ({"host": "sip:pbx.example"}, "host: "),
        ({"port": 70_000}, "port: "),
        ({"expires_s": 1}, "expires_s: "),
        ({"prefixes": ("",)}, "prefixes: "),
        ({"register": True}, "user: needed"),
        ({"user": "a@b"}, "user: at most"),
        ({"user": "a", "password_env": "X", "password_file": Path("x")}, "not both"),
    ],
)
def test_what_is_wrong_with_a_trunk_is_said(more: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        SipTrunk(**{"name": "pbx", "host": "pbx.example"} | more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("trunks", "says"),
    [
        ((SipTrunk("a", "a.example"), SipTrunk("a", "b.example")), "one trunk of the name a"),
        ((SipTrunk("a", "a.example", transport=TrunkTransport.TCP),), "listen_tcp"),
        ((SipTrunk("a", "a.example", rooms=("9",)),), r"\[\[sip.rooms\]\], not 9"),
    ],
)
def test_what_does_not_go_together_is_said(trunks: tuple[SipTrunk, ...], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        SipConfig(listen_udp=("127.0.0.1:5060",), trunks=trunks)


def test_udp_on_all_addresses_needs_one_to_tell_phones() -> None:
    with pytest.raises(ValueError, match="announce"):
        SipConfig(listen_udp=("0.0.0.0:5060",))


def test_tls_goes_nowhere_without_authorities(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="authorities"):
        SipConfig(
            listen_tls=("127.0.0.1:5061",),
            cert=tmp_path,
            key=tmp_path,
            trunks=(SipTrunk("a", "a.example", transport=TrunkTransport.TLS),),
        )


def test_a_mistyped_trunk_in_the_file_is_answered_with_what_was_meant(tmp_path: Path) -> None:
    file = tmp_path / "crosspatch.toml"
    file.write_text(
        '[[sip.trunks]]\nname = "pbx"\nhosts = "pbx.example"\ntransport = "sctp"\n', encoding="utf-8"
    )
    with pytest.raises(ConfigError) as wrong:
        read_config(file, {}, {"sip": SipConfig})
    told = str(wrong.value)
    assert "[[sip.trunks]] 1 hosts: found an unknown key" in told
    assert 'did you mean "host"?' in told
    assert "[[sip.trunks]] 1 transport: found 'sctp', expected" in told
