"""What every media plane does for phones, told once; run on the fake and on the native one."""

import pytest

from gateway.model.ids import LegId, TalkspurtId
from gateway.model.inputs import MediaDown, MediaUp
from gateway.ports.media import PhoneCodec, PhoneMedia, PhoneRefused, PlaneBusy, Tone
from tests.contract.media_plane import ANN, BO, OPS, SESSIONS_MAX, Bench

HOME = "127.0.0.1"
PCMU = PhoneMedia(HOME, 40_000, PhoneCodec.PCMU, 0, dtmf_payload_type=101)
OPUS_ON_HOLD = PhoneMedia(HOME, 40_010, PhoneCodec.OPUS, 111, hears=False, speaks=False)


class PhoneContract:
    """Inherit and give a ``bench`` fixture."""

    async def test_each_phone_gets_an_even_port_of_its_own(self, bench: Bench) -> None:
        ports = [await bench.plane.open_phone(leg, HOME) for leg in (ANN, BO)]
        assert ports[0] != ports[1]
        assert all(port % 2 == 0 for port in ports)

    async def test_a_phone_comes_up_once_when_it_is_first_set(self, bench: Bench) -> None:
        await bench.plane.open_phone(ANN, HOME)
        bench.plane.join(OPS, ANN, hear=True)
        assert bench.events == []
        bench.plane.set_phone(ANN, PCMU)
        await bench.until(MediaUp(ANN))
        bench.plane.set_phone(ANN, OPUS_ON_HOLD)
        assert await bench.limit_hits_after(OPS, ANN) == []
        assert bench.events.count(MediaUp(ANN)) == 1

    async def test_the_talk_limit_of_a_phone_is_kept(self, bench: Bench) -> None:
        await bench.plane.open_phone(ANN, HOME)
        bench.plane.set_phone(ANN, PCMU)
        bench.plane.join(OPS, ANN, hear=True)
        bench.plane.open_gate(OPS, ANN, TalkspurtId(5), 50)
        hits = await bench.limit_hits_after(OPS, ANN)
        assert [hit.talkspurt for hit in hits] == [TalkspurtId(5)]

    async def test_a_closed_phone_goes_down_once(self, bench: Bench) -> None:
        await bench.plane.open_phone(ANN, HOME)
        bench.plane.set_phone(ANN, PCMU)
        await bench.until(MediaUp(ANN))
        bench.plane.close(ANN)
        bench.plane.close(ANN)
        await bench.until(MediaDown(ANN, "closed"))
        assert bench.events == [MediaUp(ANN), MediaDown(ANN, "closed")]

    async def test_ports_opened_anew_replace_the_legs_transport(self, bench: Bench) -> None:
        await bench.up()
        await bench.plane.open_phone(ANN, HOME)
        await bench.until(MediaDown(ANN, "replaced"))
        bench.plane.set_phone(ANN, PCMU)
        await bench.until(MediaUp(ANN))

    @pytest.mark.parametrize("address", ["192.0.2.1", "nowhere", ""])
    async def test_an_address_that_is_not_ours_is_refused(self, bench: Bench, address: str) -> None:
        with pytest.raises(PhoneRefused) as refused:
            await bench.plane.open_phone(ANN, address)
        assert refused.value.reason

    async def test_phones_count_as_sessions(self, bench: Bench) -> None:
        for number in range(SESSIONS_MAX):
            await bench.plane.open_phone(LegId(str(number)), HOME)
        with pytest.raises(PlaneBusy):
            await bench.plane.open_phone(ANN, HOME)

    async def test_what_is_no_key_is_refused(self, bench: Bench) -> None:
        await bench.plane.open_phone(ANN, HOME)
        with pytest.raises(ValueError, match="X"):
            bench.plane.digits(ANN, "12x")

    async def test_orders_for_a_leg_without_ports_do_nothing(self, bench: Bench) -> None:
        bench.plane.set_phone(ANN, PCMU)
        bench.plane.tone(ANN, Tone.GRANTED)
        bench.plane.digits(ANN, "1")
        assert not bench.plane.heard_rtp(ANN)
        assert bench.events == []

    @pytest.mark.parametrize(
        ("ip", "port", "kind", "dtmf"),
        [
            ("nowhere", 4_000, 0, None),
            (HOME, 0, 0, None),
            (HOME, 65_536, 0, None),
            (HOME, 1, 128, None),
            (HOME, 1, 0, 0),
        ],
    )
    async def test_values_that_cannot_be_are_refused(
        self, ip: str, port: int, kind: int, dtmf: int | None
    ) -> None:
        with pytest.raises(ValueError, match=r"\S"):
            PhoneMedia(ip, port, PhoneCodec.PCMU, kind, dtmf_payload_type=dtmf)
