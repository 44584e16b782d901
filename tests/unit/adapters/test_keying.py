"""One transmitter's keying machine: its table against its own promises, and its stories."""

from typing import get_args

import pytest

from adapters.radio import keying as keys
from adapters.radio.keying import (
    DISCARDED,
    TRANSITIONS,
    Keying,
    KeyInput,
    KeyState,
    Order,
    Outcome,
    Source,
    step,
)
from gateway.model.radio import Air, AirState, AirWhy

OLGA = Source("web", "leg-1", "Olga", 64)
PAVEL = Source("sip", "leg-2", "Pavel", 64)
INPUTS: tuple[KeyInput, ...] = (
    keys.Online(),
    keys.Offline(AirWhy.SILENT),
    keys.Talk(OLGA),
    keys.Silence(),
    keys.Granted(),
    keys.Denied(AirWhy.BUSY, 100),
    keys.Denied(AirWhy.HARDWARE),
    keys.Revoked(AirWhy.LINK),
    keys.Ended(),
    keys.Stuck(),
    keys.Due(),
)
KEYED = (KeyState.ASKED, KeyState.AIR, KeyState.ENDING)


def told(*inputs: KeyInput, transmits: bool = True, now: float = 100.0) -> tuple[Keying, list[Order | Air]]:
    keying, out = Keying(transmits=transmits), []
    for what in inputs:
        keying, outcome = step(keying, what, now)
        out += outcome
    return keying, out


def test_every_pair_of_state_and_input_is_listed_or_discarded() -> None:
    pairs = {(state, kind) for state in KeyState for kind in get_args(KeyInput)}
    assert pairs == set(TRANSITIONS) | DISCARDED
    assert not set(TRANSITIONS) & DISCARDED


@pytest.mark.parametrize("transmits", [True, False])
@pytest.mark.parametrize("wanted", [None, PAVEL], ids=["idle", "wanted"])
@pytest.mark.parametrize("state", KeyState)
@pytest.mark.parametrize("what", INPUTS, ids=str)
def test_orders_and_states_agree(
    state: KeyState, what: KeyInput, wanted: Source | None, *, transmits: bool
) -> None:
    before = Keying(transmits, state, wanted)
    after, out = step(before, what, 100.0)
    if (state, type(what)) in DISCARDED:
        assert (after, out) == (before, ())
    assert (Order.KEY in out) is (after.state is KeyState.ASKED and state is not KeyState.ASKED)
    assert Order.KEY not in out or (transmits and after.wanted is not None)
    assert (Order.RELEASE in out) is (after.state is KeyState.ENDING and state is not KeyState.ENDING)
    assert (Order.ABORT in out) is (after.state is KeyState.OFFLINE and state in KEYED)


@pytest.mark.parametrize("state", KeyState)
@pytest.mark.parametrize("what", INPUTS, ids=str)
def test_only_the_bridges_own_words_say_on_air(state: KeyState, what: KeyInput) -> None:
    _, out = step(Keying(transmits=True, state=state, wanted=PAVEL), what, 100.0)
    said = any(isinstance(one, Air) and one.state is AirState.ON_AIR for one in out)
    assert not said or isinstance(what, keys.Granted | keys.Stuck)


def test_a_short_press_is_played_to_its_end() -> None:
    keying, out = told(keys.Online(), keys.Talk(OLGA), keys.Silence(), keys.Granted(), keys.Ended())
    assert keying.state is KeyState.READY
    assert [one.state if isinstance(one, Air) else one for one in out] == [
        AirState.READY,
        AirState.KEYING,
        Order.KEY,
        Order.RELEASE,
        AirState.ON_AIR,
        AirState.READY,
    ]


def test_a_short_press_that_was_denied_says_so_before_it_rests() -> None:
    _, out = told(keys.Online(), keys.Talk(OLGA), keys.Silence(), keys.Denied(AirWhy.BUSY))
    assert out[-2:] == [Air(AirState.DENIED, AirWhy.BUSY), Air(AirState.READY)]


def test_a_channel_that_may_not_transmit_asks_for_nothing() -> None:
    keying, out = told(keys.Online(), keys.Talk(OLGA), keys.Silence(), transmits=False)
    assert out == [Air(AirState.RECEIVE_ONLY)]
    assert keying.state is KeyState.READY


def test_a_denial_that_may_pass_is_asked_again_no_sooner_than_the_bridge_said() -> None:
    keying, _ = told(keys.Online(), keys.Talk(OLGA), keys.Denied(AirWhy.BUSY, 1500))
    assert keying.retry_at == 101.5
    keying, out = step(keying, keys.Due(), 101.5)
    assert (keying.state, out) == (KeyState.ASKED, (Air(AirState.KEYING), Order.KEY))


def test_a_denied_talker_does_not_ask_with_every_word() -> None:
    keying, out = told(keys.Online(), keys.Talk(OLGA), keys.Denied(AirWhy.HARDWARE), keys.Talk(PAVEL))
    assert (keying.wanted, keying.retry_at) == (PAVEL, None)
    assert out.count(Order.KEY) == 1


def test_whoever_talks_when_the_bridge_comes_is_told_that_it_is_in_vain_and_presses_again() -> None:
    keying, out = told(keys.Talk(OLGA), keys.Online())
    assert out == [Air(AirState.DENIED, AirWhy.LINK)]
    _, out = step(keying, keys.Silence(), 101.0)
    assert out == (Air(AirState.READY),)
    assert told(keys.Talk(OLGA), keys.Online(), keys.Silence(), keys.Talk(OLGA))[1][-1] is Order.KEY


def test_what_was_cut_off_is_not_taken_up_again() -> None:
    for cut in (keys.Revoked(AirWhy.LINK), keys.Revoked(AirWhy.BUSY), keys.Offline(AirWhy.SILENT)):
        keying, out = told(keys.Online(), keys.Talk(OLGA), keys.Granted(), cut, keys.Online(), keys.Due())
        assert (keying.state, keying.retry_at) == (KeyState.READY, None)
        assert out.count(Order.KEY) == 1


def test_the_next_talker_waits_until_the_last_over_has_ended() -> None:
    keying, out = told(
        keys.Online(), keys.Talk(OLGA), keys.Granted(), keys.Silence(), keys.Talk(PAVEL), keys.Ended()
    )
    assert keying.wanted == PAVEL
    assert out[-3:] == [Air(AirState.READY), Air(AirState.KEYING), Order.KEY]


def test_a_bridge_that_unkeys_by_itself_denies_the_rest() -> None:
    outcome: Outcome = step(Keying(transmits=True, state=KeyState.AIR, wanted=OLGA), keys.Ended(), 100.0)
    assert outcome[1] == (Air(AirState.DENIED, AirWhy.OTHER),)
