"""A bridge comes, is configured, goes, comes back; and what is said by whom that is not believed."""

from pathlib import Path

import pytest

from adapters.radio.adapter import RadioAdapter
from adapters.radio.channel import NoRoom
from adapters.radio.config import RadioChannel, RadioConfig
from gateway.app.assembly import assembled
from gateway.app.config import Config, StoreConfig
from gateway.model.participant import LegKind
from gateway.model.radio import Air, AirState, AirWhy
from gateway.ports.media import PhoneCodec
from sim.fakes.media import FakeMediaPlane
from tests.contract.radio.fake_edge import FAKE_PORT_FIRST, FakeEdge
from tests.contract.radio.world import COMMAND, HILL, OPS, ROOMS, SID, UHF3, VHF1, VHF2, World, described

NEXT = "8L4G0RYB"


async def test_channels_are_in_their_rooms_before_any_bridge_is_there(gateway: World) -> None:
    names = [m.participant.name for m in gateway.room(OPS).members]
    assert names == ["vhf1", "Fire ground"]
    assert gateway.radio("vhf1").participant.kind is LegKind.RADIO
    assert gateway.air() == Air(AirState.OFFLINE)
    assert not gateway.radio("vhf1").media_up


async def test_a_channel_without_a_room_says_so_and_leaves_no_leg(tmp_path: Path) -> None:
    lost = RadioConfig(channels=(*HILL, RadioChannel("hill", "hf9", "nowhere")))
    settings = Config(store=StoreConfig(dir=tmp_path / "var"), rooms=ROOMS, adapters={"radio": lost})
    async with assembled(settings, FakeMediaPlane()) as hub:
        with pytest.raises(NoRoom, match="channel hill/hf9 cannot enter room nowhere"):
            await RadioAdapter(lambda _broker, _config, _epoch: FakeEdge()).run(hub)
        assert len(hub.legs) == 0


async def test_a_bridge_is_told_what_its_channels_may_do(gateway: World) -> None:
    async with gateway.online() as site:
        await gateway.until(lambda: site.configs)
        config = site.configs[-1]
        assert (config["sid"], config["pv"]) == (SID, 1)
        assert {name: terms["en"] for name, terms in config["ch"].items()} == {
            "vhf1": "rxtx",
            "vhf2": "rxtx",
            "uhf3": "rx",  # transmitting is off unless somebody says so
        }
        assert gateway.edge.of("expect") == [("hill", SID)]
        assert gateway.air("vhf1").state is AirState.READY
        assert gateway.air("Fire ground").state is AirState.RECEIVE_ONLY


async def test_the_edges_sockets_and_the_media_cores_are_joined(gateway: World) -> None:
    async with gateway.online():
        leg = gateway.radio("vhf2", COMMAND).participant.leg
        media = gateway.media.phone(leg)
        assert media is not None
        assert (media.remote_ip, media.remote_port) == ("127.0.0.1", FAKE_PORT_FIRST + VHF2)
        assert (media.codec, media.payload_type) == (PhoneCodec.OPUS, 111)
        assert {number for number, _ in gateway.edge.of("aim")} == {VHF1, VHF2, UHF3}


async def test_a_bridge_without_opus_speaks_pcmu(gateway: World) -> None:
    async with gateway.site() as site:
        await site.state()
        await site.birth(described("vhf1", rx=["pcmu/8000/1"], tx=["pcmu/8000/1"]))
        await gateway.until(lambda: gateway.edge.of("open"))
        assert gateway.edge.of("open") == [(VHF1, "hill", "vhf1", "PCMU")]
        await gateway.until(lambda: site.configs)
        assert site.configs[-1]["ch"]["vhf1"]["tx"] == "pcmu/8000/1"
        assert site.configs[-1]["ch"]["vhf2"]["en"] == "off"
        await gateway.until(lambda: gateway.air("vhf2", COMMAND).why is AirWhy.NO_CHANNEL)


async def test_a_radio_that_can_only_receive_is_not_enabled_to_transmit(gateway: World) -> None:
    async with gateway.site() as site:
        await site.state()
        await site.birth(described("vhf1", dir="rx", tot=30_000))
        await gateway.until(lambda: site.configs)
        assert (site.configs[-1]["ch"]["vhf1"]["en"], site.configs[-1]["ch"]["vhf1"]["tot"]) == ("rx", 30_000)
        await gateway.until(lambda: gateway.air().state is AirState.RECEIVE_ONLY)


async def test_the_birth_may_come_before_the_state(gateway: World) -> None:
    async with gateway.site() as site:
        await site.birth()
        await site.state()
        await gateway.until(lambda: site.configs)


async def test_a_birth_of_another_session_is_stale(gateway: World) -> None:
    async with gateway.site() as site:
        await site.birth(sid=NEXT)
        await site.state()
        await site.say("ch/vhf1/st", {"v": 1, "sid": NEXT, "n": 1, "t": 1, "cor": 1})
        await gateway.until(lambda: gateway.counter("messages_stale_total") == 1)
        assert not gateway.edge.of("expect")


async def test_a_bridge_that_goes_takes_its_channels_off_the_air(gateway: World) -> None:
    async with gateway.online() as site:
        await site.state(on=False, why="stop")
        await gateway.until(lambda: gateway.air() == Air(AirState.OFFLINE, AirWhy.LINK))
        assert gateway.edge.of("forget") == [("hill",)]


async def test_the_late_will_of_an_earlier_session_ends_nothing(gateway: World) -> None:
    async with gateway.online() as site:
        await site.state(sid=NEXT)
        await site.birth(sid=NEXT)
        await gateway.until(lambda: len(gateway.edge.of("expect")) == 2)
        await site.state(on=False, sid=SID, why="lwt")
        await site.say("ch/vhf1/st", {"v": 1, "sid": NEXT, "n": 1, "t": 1})
        before = gateway.counter("messages_total")
        await site.say("ch/vhf1/st", {"v": 1, "sid": NEXT, "n": 2, "t": 2})
        await gateway.until(lambda: gateway.counter("messages_total") > before)
        assert gateway.air().state is AirState.READY


async def test_a_silent_bridge_is_offline_until_it_is_heard_again(gateway: World) -> None:
    async with gateway.online() as site:
        gateway.edge.tell(("silent", "hill"))
        await gateway.until(lambda: gateway.air() == Air(AirState.OFFLINE, AirWhy.SILENT))
        assert gateway.counter("bridges_online") == 0
        told = len(site.configs)
        gateway.edge.tell(("heartbeat", "hill", 900, -5000, 1, 2, 3, 4))
        await gateway.until(lambda: gateway.air().state is AirState.READY)
        await gateway.until(lambda: len(site.configs) > told)
        assert gateway.counter("round_trip_us_max") == 900
        assert gateway.counter("clock_offset_us_max") == 5000


async def test_a_retained_state_alone_is_no_bridge(gateway: World) -> None:
    gateway.edge.heartbeats = False
    async with gateway.site() as site:
        await site.state()
        await site.birth()
        await gateway.until(lambda: site.configs)
        await gateway.taken()
        assert gateway.air() == Air(AirState.OFFLINE, AirWhy.SILENT)
        gateway.edge.tell(("heartbeat", "hill", 900, 0, 0, 0, 0, 0))
        await gateway.until(lambda: gateway.air().state is AirState.READY)


async def test_a_lost_broker_takes_every_channel_offline(gateway: World) -> None:
    async with gateway.online():
        gateway.edge.tell(("link", False, "closed"))
        await gateway.until(lambda: gateway.air() == Air(AirState.OFFLINE, AirWhy.LINK))
        gateway.edge.tell(("link", True, ""))
        gateway.edge.tell(("heartbeat", "hill", 900, 0, 0, 0, 0, 0))
        await gateway.until(lambda: gateway.air().state is AirState.READY)


@pytest.mark.parametrize(
    "refusal", [OSError("no descriptors"), ValueError("channel 1, hill/vhf1: is open"), BlockingIOError()]
)
async def test_a_channel_that_cannot_be_opened_yet_is_off_the_air_until_it_can(
    gateway: World, refusal: Exception
) -> None:
    gateway.edge.refusal = refusal
    async with gateway.site() as site:
        await site.state()
        await site.birth()
        await gateway.until(lambda: gateway.counter("opens_failed_total") >= len(HILL))
        assert gateway.air() == Air(AirState.OFFLINE, AirWhy.OTHER)
        gateway.edge.refusal = None
        await gateway.until(lambda: gateway.air().state is AirState.READY)


async def test_a_bridge_that_says_hello_all_the_time_opens_few_sockets(gateway: World) -> None:
    codecs = (["opus/48000/1"], ["pcmu/8000/1"])
    async with gateway.online() as site:
        for n in range(200):
            await site.birth(described("vhf1", rx=codecs[n % 2], tx=codecs[n % 2]))
        await gateway.until(lambda: gateway.counter("messages_excess_total") >= 100)
        assert len(gateway.edge.of("open")) < 100


async def test_a_missed_status_is_asked_for_again(gateway: World) -> None:
    async with gateway.online() as site:
        for n in (1, 2, 5):
            await site.say("ch/vhf1/st", {"v": 1, "sid": SID, "n": n, "t": n}, retain=True)
        await gateway.until(lambda: site.commands)
        assert site.commands[0]["op"] == "refresh"
        assert gateway.counter("status_missed_total") == 1


async def test_more_than_ten_bad_messages_a_second_switch_a_bridge_off(gateway: World) -> None:
    async with gateway.online() as site:
        for _ in range(10):
            await site.say("ch/vhf1/st", b"\xc1")
        await gateway.until(lambda: gateway.counter("messages_bad_total") == 10)
        assert gateway.counter("bridges_fenced_total") == 0
        for _ in range(5):
            await site.say("ch/vhf1/st", b"\xc1")
        await gateway.until(lambda: gateway.air() == Air(AirState.OFFLINE, AirWhy.BAD_INPUT))
        await gateway.until(lambda: site.configs[-1].get("why") == "limit")
        assert {terms["en"] for terms in site.configs[-1]["ch"].values()} == {"off"}
        assert gateway.edge.of("forget") == [("hill",)]
        await site.birth()  # saying hello again is no new session
        await gateway.until(lambda: gateway.counter("messages_bad_total") == 15)
        assert gateway.air().why is AirWhy.BAD_INPUT


async def test_rubbish_on_the_timed_path_switches_a_bridge_off_too(gateway: World) -> None:
    async with gateway.online():
        gateway.edge.tell(("bad", "hill", "shape", 11))
        await gateway.until(lambda: gateway.air().why is AirWhy.BAD_INPUT)


async def test_a_message_for_a_channel_that_is_not_configured_is_counted(gateway: World) -> None:
    async with gateway.online() as site:
        await site.say("ch/hf9/st", {"v": 1, "sid": SID, "n": 1, "t": 1})
        await site.say("ch/vhf1/nonsense", {"v": 1})
        await gateway.until(lambda: gateway.counter("messages_foreign_total") == 1)
