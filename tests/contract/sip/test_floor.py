"""A phone and the floor: keys by RTP and by SIP INFO, the styles of numbers, and what the phone is told."""

from pathlib import Path

import pytest

from adapters.sip.config import SipRoom, SipUser
from adapters.sip.push_to_talk import PttStyle
from gateway.model.ids import LegId, RoomId
from gateway.ports.media import Tone
from sim.phone import Phone
from sim.phone.call import Call
from tests.contract.sip.world import COMMAND, OPS, STRICT, TIMED, World, ha1, sip_config, world


async def dial(gateway: World, phone: Phone, number: str = "8001", room: RoomId = OPS) -> tuple[Call, LegId]:
    """The phone is in the room and hears it."""
    call = await phone.call(number)
    leg = gateway.leg(room)
    await gateway.until(lambda: leg in gateway.media.hearers(room))
    return call, leg


async def told(gateway: World, *tones: Tone) -> None:
    """The phone hears these tones and no others until they have begun."""
    await gateway.until(lambda: len(gateway.media.tones) >= len(tones))
    assert [tone for _, tone in gateway.media.tones] == list(tones)


async def test_star_takes_the_floor_and_hash_gives_it_back(gateway: World) -> None:
    async with gateway.phone() as phone:
        _, leg = await dial(gateway, phone)
        gateway.media.press(leg, "*")
        await gateway.until(lambda: gateway.room(OPS).holder == leg)
        await gateway.until(lambda: (leg, Tone.GRANTED) in gateway.media.tones)
        gateway.media.press(leg, "#")
        await gateway.until(lambda: gateway.room(OPS).holder is None)


async def test_a_key_by_info_takes_the_floor_too(gateway: World) -> None:
    async with gateway.phone() as phone:
        call, leg = await dial(gateway, phone)
        assert await call.info_key("*") == 200
        await gateway.until(lambda: gateway.room(OPS).holder == leg)


async def test_a_taken_floor_is_waited_for_and_served_in_turn(gateway: World) -> None:
    olga = await gateway.member(OPS)
    async with gateway.phone() as phone:
        _, leg = await dial(gateway, phone)
        assert await olga.press()
        gateway.media.press(leg, "*")
        await told(gateway, Tone.QUEUED)
        await olga.release()
        await told(gateway, Tone.QUEUED, Tone.GO)
        assert gateway.room(OPS).holder == leg


async def test_who_gives_up_waiting_is_not_served(gateway: World) -> None:
    olga = await gateway.member(OPS)
    async with gateway.phone() as phone:
        _, leg = await dial(gateway, phone)
        assert await olga.press()
        gateway.media.press(leg, "*")
        await told(gateway, Tone.QUEUED)
        gateway.media.press(leg, "#")
        await told(gateway, Tone.QUEUED, Tone.OFF)
        await gateway.until(lambda: gateway.room(OPS).queue == ())
        await olga.release()
        await told(gateway, Tone.QUEUED, Tone.OFF, Tone.END_OF_TALK)
        assert gateway.room(OPS).holder is None


async def test_a_request_that_a_dispatcher_cancels_is_heard_as_denied(gateway: World) -> None:
    olga = await gateway.member(OPS)
    async with gateway.phone() as phone:
        _, leg = await dial(gateway, phone)
        assert await olga.press()
        gateway.media.press(leg, "*")
        await told(gateway, Tone.QUEUED)
        await olga.cancel(leg)
        await told(gateway, Tone.QUEUED, Tone.DENIED)


async def test_where_nobody_waits_a_taken_floor_is_denied_and_its_end_is_heard(gateway: World) -> None:
    olga = await gateway.member(STRICT)
    async with gateway.phone() as phone:
        _, leg = await dial(gateway, phone, "8006", STRICT)
        assert await olga.press()
        gateway.media.press(leg, "*")
        await told(gateway, Tone.DENIED)
        await olga.release()
        await told(gateway, Tone.DENIED, Tone.END_OF_TALK)


async def test_the_talk_limit_is_heard_coming_and_then_once(gateway: World) -> None:
    async with gateway.phone() as phone:
        _, leg = await dial(gateway, phone, "8007", TIMED)
        gateway.media.press(leg, "*")
        await told(gateway, Tone.GRANTED, Tone.TIME_NEARLY_OUT, Tone.REVOKED)
        await gateway.until(lambda: gateway.room(TIMED).holder is None)
        gateway.media.press(leg, "*")  # too early: who was cut waits out a penalty
        await told(gateway, Tone.GRANTED, Tone.TIME_NEARLY_OUT, Tone.REVOKED, Tone.DENIED)


async def test_who_stops_when_told_to_hears_the_tone_end(gateway: World) -> None:
    async with gateway.phone() as phone:
        _, leg = await dial(gateway, phone, "8007", TIMED)
        gateway.media.press(leg, "*")
        await told(gateway, Tone.GRANTED, Tone.TIME_NEARLY_OUT)
        gateway.media.press(leg, "#")
        await told(gateway, Tone.GRANTED, Tone.TIME_NEARLY_OUT, Tone.OFF)


async def test_a_limit_without_grace_is_heard_when_it_cuts(gateway: World) -> None:
    async with gateway.phone() as phone:
        _, leg = await dial(gateway, phone)
        gateway.media.press(leg, "*")
        await told(gateway, Tone.GRANTED, Tone.REVOKED)


async def test_who_is_cut_off_by_a_dispatcher_hears_it(gateway: World) -> None:
    olga = await gateway.member(STRICT)
    async with gateway.phone() as phone:
        _, leg = await dial(gateway, phone, "8006", STRICT)
        gateway.media.press(leg, "*")
        await told(gateway, Tone.GRANTED)
        assert await olga.press(overrides=True)
        await told(gateway, Tone.GRANTED, Tone.REVOKED)


async def test_in_an_open_room_keys_do_nothing(gateway: World) -> None:
    async with gateway.phone() as phone:
        await phone.call("8002")
        leg = gateway.leg(COMMAND)
        await gateway.until(lambda: leg in gateway.media.open_gates(COMMAND))
        gateway.media.press(leg, "*")
        gateway.media.press(leg, "#")
        await phone.register()
        assert gateway.media.tones == []


async def test_on_a_toggle_number_star_asks_and_star_gives_back(gateway: World) -> None:
    async with gateway.phone() as phone:
        _, leg = await dial(gateway, phone, "8101")
        for holder in (leg, None, leg):
            gateway.media.press(leg, "*")
            await gateway.until(lambda holder=holder: gateway.room(OPS).holder == holder)
        gateway.media.press(leg, "#")
        await gateway.until(lambda: gateway.room(OPS).holder is None)


async def test_a_toggle_that_was_denied_asks_again(gateway: World) -> None:
    olga = await gateway.member(STRICT)
    async with gateway.phone() as phone:
        _, leg = await dial(gateway, phone, "8006", STRICT)
        assert await olga.press()
        gateway.media.press(leg, "*")
        await gateway.until(lambda: (leg, Tone.DENIED) in gateway.media.tones)
        await olga.release()
        gateway.media.press(leg, "*")
        await gateway.until(lambda: gateway.room(STRICT).holder == leg)


async def test_a_toggle_that_waits_gives_up_with_the_next_press(gateway: World) -> None:
    olga = await gateway.member(OPS)
    async with gateway.phone() as phone:
        _, leg = await dial(gateway, phone, "8101")
        assert await olga.press()
        gateway.media.press(leg, "*")
        await told(gateway, Tone.QUEUED)
        gateway.media.press(leg, "*")
        await told(gateway, Tone.QUEUED, Tone.OFF)


async def test_a_toggle_whose_time_ran_out_asks_again(gateway: World) -> None:
    async with gateway.phone() as phone:
        _, leg = await dial(gateway, phone, "8101")
        gateway.media.press(leg, "*")
        await gateway.until(lambda: (leg, Tone.REVOKED) in gateway.media.tones)
        gateway.media.press(leg, "*")
        await gateway.until(lambda: gateway.room(OPS).holder == leg)


async def test_what_the_phone_is_set_to_goes_before_its_number(tmp_path: Path) -> None:
    user = SipUser("101", "Ann", ha1=ha1("101"), ptt=PttStyle.KEYS)
    sip = sip_config(users=(user,), rooms=(SipRoom("8101", "ops", ptt=PttStyle.TOGGLE),))
    async with world(tmp_path, sip) as gateway, gateway.phone() as phone:
        _, leg = await dial(gateway, phone, "8101")
        for _ in range(2):
            gateway.media.press(leg, "*")
            await gateway.until(lambda: gateway.media.tones.count((leg, Tone.GRANTED)))
            gateway.media.tones.clear()
        assert gateway.room(OPS).holder == leg


async def test_a_key_that_comes_both_ways_counts_once(gateway: World) -> None:
    async with gateway.phone() as phone:
        call, leg = await dial(gateway, phone, "8101")
        gateway.media.press(leg, "*")
        await call.info_key("*")
        await gateway.until(lambda: gateway.room(OPS).holder == leg)
        assert await phone.register() == 200  # time for a second key to have done harm
        assert gateway.room(OPS).holder == leg


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/dtmf-relay", b"Signal= *\nDuration= 250"),
        ("application/dtmf-relay;charset=us-ascii", b"Duration=100\r\nSignal=10\r\n"),
        ("Application/DTMF", b"*"),
        ("application/dtmf", b"10\r\n"),
    ],
)
async def test_keys_by_info_are_read_as_pbxs_write_them(
    gateway: World, content_type: str, body: bytes
) -> None:
    async with gateway.phone() as phone:
        call, leg = await dial(gateway, phone)
        assert await call.info(content_type, body) == 200
        await gateway.until(lambda: gateway.room(OPS).holder == leg)


async def test_an_unreadable_key_is_answered_counted_and_does_nothing(gateway: World) -> None:
    bodies = (b"Signal=", b"Signal=16", b"Signal=**", b"Signal=!", b"\xff\x00" * 400, b"Duration=1")
    async with gateway.phone() as phone:
        call, _ = await dial(gateway, phone)
        for content_type in ("application/dtmf-relay", "application/dtmf"):
            for body in bodies:
                assert await call.info(content_type, body) == 200
        assert await call.info("application/media_control+xml", b"<media_control/>") == 200
        await gateway.until(lambda: gateway.counter("digits_unread_total") == 2 * len(bodies))
        assert gateway.room(OPS).holder is None
