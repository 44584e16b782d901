"""When a half-duplex radio transmits an open room."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.radio.vox import AFTER_RX_S, BREAK_S, HANG_S, ON_S, Vox, update


def test_a_voice_keys_at_once_and_a_pause_within_the_hang_does_not_unkey() -> None:
    vox = update(Vox(), 10.0, voices=True, carrier=False)
    assert vox.keyed
    vox = update(vox, 11.0, voices=False, carrier=False)
    assert vox.deadline == 11.0 + HANG_S
    vox = update(vox, 11.4, voices=True, carrier=False)
    vox = update(vox, 12.0, voices=True, carrier=False)
    assert vox.keyed


def test_a_pause_beyond_the_hang_unkeys() -> None:
    vox = update(update(Vox(), 10.0, voices=True, carrier=False), 11.0, voices=False, carrier=False)
    assert not update(vox, 11.0 + HANG_S, voices=False, carrier=False).keyed


def test_nobody_is_keyed_over_a_carrier_nor_in_the_echo_after_it() -> None:
    vox = update(Vox(), 10.0, voices=True, carrier=True)
    assert not vox.keyed
    vox = update(vox, 11.0, voices=True, carrier=False, round_trip_s=0.1)
    assert not vox.keyed
    assert vox.deadline == 11.0 + AFTER_RX_S + 0.1
    assert update(vox, 11.36, voices=True, carrier=False).keyed


def test_ten_seconds_of_voice_leave_a_gap_for_the_air() -> None:
    vox = update(Vox(), 10.0, voices=True, carrier=False)
    assert vox.deadline == 10.0 + ON_S
    vox = update(vox, 10.0 + ON_S, voices=True, carrier=False)
    assert not vox.keyed
    assert vox.deadline == 10.0 + ON_S + BREAK_S
    assert update(vox, 10.0 + ON_S + BREAK_S, voices=True, carrier=False).keyed


@given(
    st.lists(
        st.tuples(st.floats(0, 3), st.booleans(), st.booleans()),
        max_size=60,
    )
)
def test_whatever_happens_it_never_keys_over_a_carrier_nor_for_long(
    steps: list[tuple[float, bool, bool]],
) -> None:
    vox, now, keyed_since = Vox(), 100.0, None
    for pause, voices, carrier in steps:
        until = now + pause
        while vox.deadline is not None and vox.deadline <= until:  # the clock is kept
            now = max(now, vox.deadline)
            before = vox
            vox = update(vox, now, voices=vox.voices, carrier=vox.carrier)
            assert vox != before  # a deadline that changes nothing would come for ever
        now = until
        vox = update(vox, now, voices=voices, carrier=carrier)
        assert not (vox.keyed and carrier)
        keyed_since = vox.keyed_since
        assert keyed_since is None or now - keyed_since <= ON_S
