"""Which session of a bridge is the true one, what it is told, when it is trusted no more: in virtual time."""

from adapters.radio.bridge import FENCE_S, Accept, Action, Bridge, Drop
from adapters.radio.config import RadioChannel
from adapters.radio.contract.names import Direction, Enable, Why
from adapters.radio.contract.up import Birth, ChannelDescription, State
from gateway.model.radio import AirWhy
from gateway.ports.media import PhoneCodec

FIRST, SECOND = "7K3F9QXA", "8L4G0RYB"
OPUS, PCMU = "opus/48000/1", "pcmu/8000/1"
CHANNELS = (
    RadioChannel("hill", "vhf1", "ops", tx=True, tot_ms=60_000),
    RadioChannel("hill", "uhf3", "ops"),
)


def bridge() -> Bridge:
    return Bridge("hill", CHANNELS, epoch=12)


def birth(sid: str = FIRST, *more: ChannelDescription, versions: tuple[int, int] = (1, 1)) -> Birth:
    there = more or (ChannelDescription("vhf1", rx=[OPUS, PCMU], tx=[OPUS, PCMU]),)
    return Birth(sid, versions, list(there))


def state(sid: str = FIRST, *, on: bool = True) -> State:
    return State(on, sid)


def accepted(action: Action | None) -> Accept:
    assert isinstance(action, Accept)
    return action


def here(sid: str = FIRST) -> Bridge:
    hill = bridge()
    hill.state_came(state(sid), 0.0)
    accepted(hill.birth_came(birth(sid), 0.0))
    return hill


def test_state_and_birth_of_one_session_make_it_the_true_one() -> None:
    hill = bridge()
    assert hill.birth_came(birth(), 0.0) is None
    taken = accepted(hill.state_came(state(), 0.0))
    assert (taken.new, taken.config.session, taken.config.epoch, hill.session) == (True, FIRST, 12, FIRST)


def test_a_session_that_says_hello_again_is_told_again_and_not_begun_anew() -> None:
    assert not accepted(here().birth_came(birth(), 1.0)).new


def test_a_birth_without_a_living_session_is_nothing() -> None:
    hill = bridge()
    hill.birth_came(birth(), 0.0)
    assert hill.state_came(state(on=False), 0.0) is None
    assert hill.state_came(state(SECOND), 0.0) is None
    assert hill.session is None


def test_a_new_session_ends_the_old_one_before_its_birth_comes() -> None:
    hill = here()
    assert isinstance(hill.state_came(state(SECOND), 1.0), Drop)
    assert accepted(hill.birth_came(birth(SECOND), 1.0)).new


def test_an_end_of_another_session_is_late_news() -> None:
    hill = here()
    assert hill.state_came(state(SECOND, on=False), 1.0) is None
    assert hill.session == FIRST
    assert hill.state_came(state(on=False), 1.0) == Drop(AirWhy.LINK)


def test_a_bridge_that_speaks_a_later_version_only_is_not_taken() -> None:
    hill = bridge()
    hill.state_came(state(), 0.0)
    assert hill.birth_came(birth(FIRST, versions=(2, 3)), 0.0) is None
    assert accepted(hill.birth_came(birth(FIRST, versions=(1, 3)), 0.0)).config.version == 1


def test_transmitting_needs_the_configuration_and_the_radio() -> None:
    hill = bridge()
    hill.state_came(state(), 0.0)
    both = (
        ChannelDescription("vhf1", direction=Direction.RXTX, rx=[OPUS], tx=[OPUS], limit_ms=20_000),
        ChannelDescription("uhf3", direction=Direction.RXTX, rx=[OPUS], tx=[OPUS]),
    )
    config = accepted(hill.birth_came(birth(FIRST, *both), 0.0)).config
    assert {name: terms.enable for name, terms in config.channels.items()} == {
        "vhf1": Enable.RXTX,
        "uhf3": Enable.RX,
    }
    assert config.channels["vhf1"].limit_ms == 20_000  # ours must not be longer than the radio's own
    receiver = ChannelDescription("vhf1", direction=Direction.RX, rx=[OPUS])
    config = accepted(hill.birth_came(birth(FIRST, receiver), 0.0)).config
    assert config.channels["vhf1"].enable is Enable.RX


def test_a_channel_that_the_bridge_does_not_have_stays_off() -> None:
    hill = bridge()
    hill.state_came(state(), 0.0)
    taken = accepted(hill.birth_came(birth(), 0.0))
    assert set(taken.plans) == {"vhf1"}
    assert taken.config.channels["uhf3"].enable is Enable.OFF


def test_a_codec_counts_only_where_it_is_needed() -> None:
    hill = bridge()
    hill.state_came(state(), 0.0)
    lopsided = ChannelDescription("vhf1", rx=[OPUS], tx=[PCMU])
    assert accepted(hill.birth_came(birth(FIRST, lopsided), 0.0)).plans["vhf1"].codec is PhoneCodec.PCMU
    receiver = ChannelDescription("uhf3", rx=[OPUS])
    assert accepted(hill.birth_came(birth(FIRST, receiver), 0.0)).plans["uhf3"].codec is PhoneCodec.OPUS


def test_a_bridge_that_has_the_other_codec_only_is_spoken_to_in_that() -> None:
    hill = Bridge("hill", (RadioChannel("hill", "vhf1", "ops", codec=PhoneCodec.PCMU),), epoch=12)
    hill.state_came(state(), 0.0)
    opus_only = ChannelDescription("vhf1", rx=[OPUS], tx=[OPUS])
    assert accepted(hill.birth_came(birth(FIRST, opus_only), 0.0)).plans["vhf1"].codec is PhoneCodec.OPUS


def test_ten_bad_messages_a_second_are_forgiven_and_one_more_is_not() -> None:
    hill = here()
    assert [hill.bad(5.0) for _ in range(10)] == [None] * 10
    dropped = hill.bad(5.0)
    assert isinstance(dropped, Drop)
    assert dropped.why is AirWhy.BAD_INPUT
    assert dropped.config is not None
    assert dropped.config.why is Why.LIMIT
    assert {terms.enable for terms in dropped.config.channels.values()} == {Enable.OFF}


def test_a_trickle_of_bad_messages_that_never_ends_is_a_fault_as_well() -> None:
    hill = here()
    dropped = next((n for n in range(1000) if isinstance(hill.bad(5.0 + n), Drop)), None)
    assert dropped is not None
    assert dropped > 60


def test_a_bridge_that_was_switched_off_needs_a_new_session_and_time() -> None:
    hill = here()
    hill.fence(5.0)
    assert hill.birth_came(birth(), 6.0) is None
    assert hill.state_came(state(SECOND), 7.0) is None
    assert hill.birth_came(birth(SECOND), 7.0) is None
    assert hill.tick(5.0 + FENCE_S - 1) is None
    assert accepted(hill.tick(5.0 + FENCE_S)).config.session == SECOND
    assert not hill.fenced


def test_the_session_that_was_switched_off_stays_so_for_ever() -> None:
    hill = here()
    hill.fence(5.0)
    assert hill.tick(5.0 + 10 * FENCE_S) is None
    assert hill.birth_came(birth(), 5.0 + 10 * FENCE_S) is None


def test_a_bridge_that_never_said_hello_is_not_switched_off_but_not_taken_either() -> None:
    assert bridge().fence(5.0) is None
