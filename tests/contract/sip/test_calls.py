"""A phone calls a room: who gets in, what is agreed, how it ends."""

import pytest

from gateway.model.participant import LegKind
from gateway.ports.media import PhoneCodec
from sim.phone import Refused
from tests.contract.sip.world import COMMAND, OPS, World


@pytest.mark.parametrize("kind", ["udp", "tcp"])
async def test_a_registered_phone_calls_the_room_and_hangs_up(gateway: World, kind: str) -> None:
    async with gateway.phone(kind=kind) as phone:
        assert await phone.register() == 200
        call = await phone.call("8001")
        leg = gateway.leg(OPS)
        await gateway.until(lambda: leg in gateway.media.hearers(OPS))
        member = gateway.room(OPS).members[0]
        assert (member.participant.name, member.participant.kind) == ("Ann", LegKind.PHONE)
        media = gateway.media.phone(leg)
        assert media is not None
        assert (media.remote_port, media.codec) == (call.sound.local[1], PhoneCodec.PCMU)
        assert (media.dtmf_payload_type, media.hears, media.speaks) == (101, True, True)
        assert await call.hang_up() == 200
        await gateway.until(lambda: not gateway.names(OPS))
    await gateway.until(lambda: gateway.counter("calls") == 0 and gateway.counter("edge_legs") == 0)


async def test_a_wrong_password_does_not_register(gateway: World) -> None:
    async with gateway.phone(password="guess") as phone:
        assert await phone.register() == 401
    assert gateway.counter("registered") == 0


async def test_a_phone_registers_and_unregisters(gateway: World) -> None:
    async with gateway.phone() as phone:
        await phone.register()
        await gateway.until(lambda: gateway.counter("registered") == 1)
        await phone.register(expires_s=0)
        await gateway.until(lambda: gateway.counter("registered") == 0)


@pytest.mark.parametrize(
    ("number", "status"), [("8005", 404), ("8004", 404), ("102", 404)], ids=["unknown", "no room", "person"]
)
async def test_a_number_without_a_room_is_refused(gateway: World, number: str, status: int) -> None:
    async with gateway.phone() as phone:
        with pytest.raises(Refused) as refused:
            await phone.call(number)
        assert refused.value.status == status


async def test_a_full_room_is_busy(gateway: World) -> None:
    async with gateway.phone() as phone, gateway.phone("102") as second:
        await phone.call("8003")
        with pytest.raises(Refused) as refused:
            await second.call("8003")
        assert refused.value.status == 486


async def test_an_anonymous_caller_reaches_public_rooms_only(gateway: World) -> None:
    async with gateway.phone("stranger", name="The President") as phone:
        with pytest.raises(Refused) as refused:
            await phone.call("8001", anonymous=True)
        assert refused.value.status == 401
        await phone.call("8002", anonymous=True)
        assert gateway.names(COMMAND) == ["Unknown caller"]


async def test_an_offer_without_our_codecs_is_not_acceptable(gateway: World) -> None:
    async with gateway.phone() as phone:
        phone.codecs = "18"
        with pytest.raises(Refused) as refused:
            await phone.call("8001")
        assert refused.value.status == 488
    assert gateway.names(OPS) == []


async def test_a_late_offer_is_made_by_us(gateway: World) -> None:
    async with gateway.phone() as phone:
        call = await phone.call("8001", late_offer=True)
        leg = gateway.leg(OPS)
        await gateway.until(lambda: gateway.media.phone(leg) is not None)
        media = gateway.media.phone(leg)
        assert media is not None
        assert media.remote_port == call.sound.local[1]


async def test_a_phone_on_hold_neither_hears_nor_plays_its_music_to_the_room(gateway: World) -> None:
    async with gateway.phone() as phone:
        call = await phone.call("8001")
        leg = gateway.leg(OPS)
        for change, in_touch in ((call.hold, False), (call.hold, False), (call.unhold, True)):
            assert await change() == 200
            media = gateway.media.phone(leg)
            assert media is not None
            assert (media.hears, media.speaks) == (in_touch, in_touch)


async def test_hold_gives_the_floor_back(gateway: World) -> None:
    async with gateway.phone() as phone:
        call = await phone.call("8001")
        leg = gateway.leg(OPS)
        await gateway.until(lambda: leg in gateway.media.hearers(OPS))
        gateway.media.press(leg, "*")
        await gateway.until(lambda: gateway.room(OPS).holder == leg)
        assert await call.hold() == 200
        await gateway.until(lambda: gateway.room(OPS).holder is None)


async def test_a_moved_phone_is_sent_to_its_new_place(gateway: World) -> None:
    async with gateway.phone() as phone:
        call = await phone.call("8001")
        leg = gateway.leg(OPS)
        assert await call.move() == 200
        media = gateway.media.phone(leg)
        assert media is not None
        assert media.remote_port == call.sound.local[1]


async def test_the_hub_ends_the_leg_and_the_phone_hears_bye(gateway: World) -> None:
    async with gateway.phone() as phone:
        call = await phone.call("8001")
        gateway.hub.end(gateway.leg(OPS), "expired")
        await gateway.until(call.over.is_set)
    await gateway.until(lambda: gateway.counter("edge_legs") == 0)


async def test_a_lost_connection_ends_its_calls(gateway: World) -> None:
    async with gateway.phone(kind="tcp") as phone:
        await phone.call("8001")
        phone.wire.close()
        await gateway.until(lambda: not gateway.names(OPS))
    await gateway.until(lambda: gateway.counter("edge_legs") == 0)
