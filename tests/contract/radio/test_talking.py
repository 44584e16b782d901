"""Who talks on the air is heard, who talks in the room is transmitted, and what the room sees of it."""

from typing import TYPE_CHECKING

from gateway.model.events import AirChanged, FloorEnd, FloorIdle, FloorTaken
from gateway.model.radio import Air, AirState, AirWhy
from tests.contract.radio.world import COMMAND, OPS, SID, UHF3, VHF1, VHF2, Person, World

if TYPE_CHECKING:
    from adapters.radio.native import RadioEvent

STREAM = 0x5F3A21C4


def opened(channel: int = VHF1, stream: int = STREAM, *, opaque: bool = False) -> "RadioEvent":
    return ("rx_start", channel, stream, False, opaque, -87)


def closed(channel: int = VHF1, stream: int = STREAM) -> "RadioEvent":
    return ("rx_end", channel, stream, 50, 2, 1)


def airs(person: Person) -> list[AirState]:
    return [event.state for event in person.events if isinstance(event, AirChanged)]


async def test_a_carrier_takes_the_floor_and_then_its_frames_are_let_out(gateway: World) -> None:
    async with gateway.online():
        leg = gateway.radio("vhf1").participant.leg
        gateway.edge.tell(opened())
        await gateway.until(lambda: gateway.edge.of("hear"))
        assert gateway.room(OPS).holder == leg
        assert gateway.edge.of("hear") == [(VHF1, STREAM)]
        gateway.edge.tell(closed())
        await gateway.until(lambda: gateway.room(OPS).holder is None)
        assert gateway.counter("frames_lost_total") == 2
        assert not gateway.edge.of("key")  # the other radio of the room may not transmit


async def test_a_carrier_takes_the_floor_from_who_talks_and_its_key_is_let_go(gateway: World) -> None:
    async with gateway.online():
        olga = await gateway.person()
        assert await olga.press()
        await gateway.until(lambda: gateway.edge.of("key"))
        gateway.edge.tell(opened(), ("denied", VHF1, gateway.edge.token, "cor", 0))
        await gateway.until(lambda: gateway.edge.of("hear"))
        ended = [event for event in olga.events if isinstance(event, FloorIdle)]
        assert [event.why for event in ended] == [FloorEnd.CARRIER]
        assert not await olga.press()


async def test_who_talks_in_the_room_is_keyed_and_the_room_sees_when_it_is_on_air(gateway: World) -> None:
    async with gateway.online():
        olga = await gateway.person()
        await olga.press()
        await gateway.until(lambda: gateway.edge.of("key"))
        ((channel, token, priority, limit_ms, source, origin, hop),) = gateway.edge.of("key")
        assert (channel, priority, limit_ms, hop) == (VHF1, 64, 60_000, 0)
        assert (source, origin) == (("web", olga.leg, "Olga"), olga.leg)
        await gateway.until(lambda: gateway.air().state is AirState.KEYING)
        gateway.edge.tell(("granted", VHF1, token, 120, 60_000))
        await gateway.until(lambda: gateway.air().state is AirState.ON_AIR)
        await olga.release()
        await gateway.until(lambda: gateway.edge.of("release"))
        assert gateway.air().state is AirState.ON_AIR  # until the bridge says that it unkeyed
        gateway.edge.tell(("idle", VHF1, token, 3480, 174, 0, 1))
        await gateway.until(lambda: gateway.air().state is AirState.READY)
        assert airs(olga) == [AirState.KEYING, AirState.ON_AIR, AirState.READY]
        assert gateway.counter("air_ms_total") == 3480


async def test_a_denial_is_shown_until_the_talker_ends(gateway: World) -> None:
    async with gateway.online():
        olga = await gateway.person()
        await olga.press()
        await gateway.until(lambda: gateway.edge.of("key"))
        gateway.edge.tell(("denied", VHF1, gateway.edge.token, "hw", 0))
        await gateway.until(lambda: gateway.air() == Air(AirState.DENIED, AirWhy.HARDWARE))
        await olga.release()
        await gateway.until(lambda: gateway.air().state is AirState.READY)
        assert len(gateway.edge.of("key")) == 1
        assert gateway.counter("keys_denied_total") == 1


async def test_a_busy_transmitter_is_asked_again_while_the_talker_talks(gateway: World) -> None:
    async with gateway.online():
        olga = await gateway.person()
        await olga.press()
        await gateway.until(lambda: gateway.edge.of("key"))
        first = gateway.edge.token
        gateway.edge.tell(("denied", VHF1, first, "busy", 100))
        await gateway.until(lambda: len(gateway.edge.of("key")) == 2)
        assert gateway.edge.token != first


async def test_a_transmission_that_is_cut_off_is_not_taken_up_again(gateway: World) -> None:
    async with gateway.online():
        olga = await gateway.person()
        await olga.press()
        await gateway.until(lambda: gateway.edge.of("key"))
        token = gateway.edge.token
        gateway.edge.tell(("granted", VHF1, token, 120, 60_000), ("revoked", VHF1, token, "tot", 3000))
        await gateway.until(lambda: gateway.air() == Air(AirState.DENIED, AirWhy.TIMED_OUT))
        assert len(gateway.edge.of("key")) == 1


async def test_news_of_an_earlier_over_is_late(gateway: World) -> None:
    async with gateway.online():
        olga = await gateway.person()
        await olga.press()
        await gateway.until(lambda: gateway.edge.of("key"))
        gateway.edge.tell(("granted", VHF1, gateway.edge.token ^ 1, 120, 60_000))
        gateway.edge.tell(("stuck", VHF1, gateway.edge.token))
        await gateway.until(lambda: gateway.air().why is AirWhy.STUCK)
        assert AirState.ON_AIR not in airs(olga)[:-1]


async def test_a_transmitter_that_does_not_confirm_that_it_is_off_is_shown_as_on(gateway: World) -> None:
    async with gateway.online():
        olga = await gateway.person()
        await olga.press()
        await gateway.until(lambda: gateway.edge.of("key"))
        token = gateway.edge.token
        gateway.edge.tell(("granted", VHF1, token, 120, 60_000))
        await olga.release()
        gateway.edge.tell(("stuck", VHF1, token))
        await gateway.until(lambda: gateway.air() == Air(AirState.ON_AIR, AirWhy.STUCK))
        assert gateway.counter("stuck_total") == 1


async def test_the_next_talker_is_keyed_when_the_bridge_has_ended_the_last(gateway: World) -> None:
    async with gateway.online():
        olga, pavel = await gateway.person(), await gateway.person(name="Pavel")
        await olga.press()
        await gateway.until(lambda: gateway.edge.of("key"))
        token = gateway.edge.token
        gateway.edge.tell(("granted", VHF1, token, 120, 60_000))
        await gateway.until(lambda: gateway.air().state is AirState.ON_AIR)
        await olga.release()
        await pavel.press()
        assert len(gateway.edge.of("key")) == 1
        gateway.edge.tell(("idle", VHF1, token, 1000, 50, 0, 0))
        await gateway.until(lambda: len(gateway.edge.of("key")) == 2)
        assert gateway.edge.of("key")[-1][4] == ("web", pavel.leg, "Pavel")


async def test_a_bridge_that_goes_while_keyed_is_aborted_and_keyed_again_by_a_new_press_only(
    gateway: World,
) -> None:
    async with gateway.online():
        olga = await gateway.person()
        await olga.press()
        await gateway.until(lambda: gateway.edge.of("key"))
        gateway.edge.tell(("silent", "hill"))
        await gateway.until(lambda: gateway.edge.of("abort"))
        gateway.edge.tell(("heartbeat", "hill", 900, 0, 0, 0, 0, 0))
        await gateway.until(lambda: gateway.air() == Air(AirState.DENIED, AirWhy.LINK))
        assert len(gateway.edge.of("key")) == 1
        await olga.release()
        await olga.press()
        await gateway.until(lambda: len(gateway.edge.of("key")) == 2)


async def test_the_squelch_tail_of_our_own_transmission_is_not_let_out(gateway: World) -> None:
    async with gateway.online():
        olga = await gateway.person()
        await olga.press()
        await gateway.until(lambda: gateway.edge.of("key"))
        token = gateway.edge.token
        gateway.edge.tell(("granted", VHF1, token, 0, 60_000))
        await gateway.until(lambda: gateway.air().state is AirState.ON_AIR)
        await olga.release()
        gateway.edge.tell(("idle", VHF1, token, 100, 5, 0, 0), opened(), closed())
        await gateway.until(lambda: gateway.counter("frames_total") == 50)
        await gateway.taken()
        assert not gateway.edge.of("hear")
        assert gateway.room(OPS).holder is None


async def test_a_stream_that_nobody_may_decode_holds_the_floor_and_is_dropped(gateway: World) -> None:
    async with gateway.online():
        gateway.edge.tell(opened(opaque=True))
        await gateway.until(lambda: gateway.room(OPS).holder is not None)
        assert gateway.edge.of("drop") == [(VHF1, STREAM)]


async def test_a_busy_channel_holds_the_floor_without_a_sound(gateway: World) -> None:
    async with gateway.online() as site:
        olga = await gateway.person()
        await site.say("ch/vhf1/st", {"v": 1, "sid": SID, "n": 1, "t": 1, "cor": 1}, retain=True)
        await gateway.until(lambda: gateway.room(OPS).holder == gateway.radio("vhf1").participant.leg)
        assert not await olga.press()
        await site.say("ch/vhf1/st", {"v": 1, "sid": SID, "n": 2, "t": 2, "cor": 0}, retain=True)
        await gateway.until(lambda: gateway.room(OPS).holder is None)


async def test_a_bridge_that_goes_takes_its_carrier_with_it(gateway: World) -> None:
    async with gateway.online() as site:
        await site.say("ch/vhf1/st", {"v": 1, "sid": SID, "n": 1, "t": 1, "cor": 1}, retain=True)
        await gateway.until(lambda: gateway.room(OPS).holder is not None)
        gateway.edge.tell(("silent", "hill"))
        await gateway.until(lambda: gateway.room(OPS).holder is None)


async def test_a_fade_within_the_hang_is_let_out_without_a_new_talkspurt(gateway: World) -> None:
    async with gateway.online():
        olga = await gateway.person()
        gateway.edge.tell(opened())
        await gateway.until(lambda: gateway.edge.of("hear"))
        gateway.edge.tell(closed(), opened(stream=STREAM + 1))
        await gateway.until(lambda: (VHF1, STREAM + 1) in gateway.edge.of("hear"))
        await gateway.taken()
        assert sum(isinstance(event, FloorTaken) for event in olga.events) == 1


async def test_who_talks_on_the_air_is_named(gateway: World) -> None:
    async with gateway.online() as site:
        gateway.edge.tell(opened())
        await gateway.until(lambda: gateway.edge.of("hear"))
        talk = {
            "v": 1,
            "sid": SID,
            "n": 1,
            "t": 1,
            "k": "talk",
            "s": STREAM,
            "id": "3121234",
            "al": "Unit 12",
        }
        await site.say("ch/vhf1/ev", talk)
        await gateway.until(lambda: gateway.radio("vhf1").talker == "Unit 12")


async def test_a_name_that_comes_before_its_stream_is_told_with_it(gateway: World) -> None:
    async with gateway.online() as site:
        talk = {"v": 1, "sid": SID, "n": 1, "t": 1, "k": "talk", "s": STREAM, "id": "3121234"}
        before = gateway.counter("messages_total")
        await site.say("ch/vhf1/ev", talk)
        await gateway.until(lambda: gateway.counter("messages_total") > before)
        gateway.edge.tell(opened())
        await gateway.until(lambda: gateway.radio("vhf1").talker == "3121234")


async def test_one_radio_on_anothers_air_has_the_least_priority(gateway: World) -> None:
    async with gateway.online():
        gateway.edge.tell(opened(UHF3))
        await gateway.until(lambda: gateway.edge.of("key"))
        ((channel, _, priority, _, source, _, _),) = gateway.edge.of("key")
        assert (channel, priority, source[0], source[2]) == (VHF1, 32, "radio", "Fire ground")


async def test_in_an_open_room_voice_keys_and_a_carrier_is_heard(gateway: World) -> None:
    async with gateway.online():
        olga = await gateway.person(COMMAND)
        leg = gateway.radio("vhf2", COMMAND).participant.leg
        gateway.media.speak(olga.leg, COMMAND, on=True)
        await gateway.until(lambda: gateway.edge.of("key"))
        assert gateway.edge.of("key")[0][0] == VHF2
        token = gateway.edge.token
        gateway.edge.tell(("granted", VHF2, token, 0, 60_000))
        gateway.media.speak(olga.leg, COMMAND, on=False)
        await gateway.until(lambda: gateway.edge.of("release"))
        gateway.edge.tell(("idle", VHF2, token, 100, 5, 0, 0))
        await gateway.until(lambda: gateway.air("vhf2", COMMAND).state is AirState.READY)
        gateway.edge.tell(opened(VHF2))
        await gateway.until(lambda: gateway.room(COMMAND).talkers == (leg,))
        await gateway.until(lambda: gateway.edge.of("hear") == [(VHF2, STREAM)])
        gateway.media.speak(olga.leg, COMMAND, on=True)
        await gateway.taken()
        assert len(gateway.edge.of("key")) == 1  # not over somebody who talks on the air
