"""Who is asked whether it lives, and who is let go, in virtual time."""

import pytest

from adapters.sip.liveness import ASK_AFTER_S, GIVE_UP_AFTER_S, LOOK_EVERY_S, Liveness, Look

GONE_WITHIN_S = 45.0
"""DESIGN 3.14."""


def test_a_phone_silent_for_ten_minutes_that_answers_when_asked_stays() -> None:
    phone, asked = Liveness(0.0), 0
    for second in range(1, 601):
        look = phone.look(second * LOOK_EVERY_S)
        assert look is not Look.GIVE_UP
        if look is Look.ASK:
            asked += 1
            phone.heard(second * LOOK_EVERY_S + 0.05)
    assert asked == 600 // (ASK_AFTER_S + LOOK_EVERY_S)


def test_a_phone_that_is_heard_is_never_asked() -> None:
    phone = Liveness(0.0)
    for second in range(1, 601):
        if second % 5 == 0:  # as often as the media core tells of RTP
            phone.heard(float(second))
        assert phone.look(float(second)) is Look.NOTHING


@pytest.mark.parametrize("late_s", [0.0, 0.4, 0.999], ids=str)
@pytest.mark.parametrize("look_s", [1.0, 1.01], ids=["on time", "a busy loop"])
def test_a_dead_phone_is_let_go_in_time_however_the_looks_fall(late_s: float, look_s: float) -> None:
    # It died at 0; its last RTP is noticed by the next look, ``late_s`` later.
    phone = Liveness(late_s)
    now, looks = late_s, []
    while Look.GIVE_UP not in looks:
        now += look_s
        looks.append(phone.look(now))
    assert looks.count(Look.ASK) == 1
    assert now - late_s >= ASK_AFTER_S + GIVE_UP_AFTER_S
    assert now <= GONE_WITHIN_S


def test_an_answer_at_the_last_moment_keeps_the_phone() -> None:
    phone = Liveness(0.0)
    assert phone.look(ASK_AFTER_S) is Look.ASK
    phone.heard(ASK_AFTER_S + GIVE_UP_AFTER_S - 0.01)
    assert phone.look(ASK_AFTER_S + GIVE_UP_AFTER_S) is Look.NOTHING
