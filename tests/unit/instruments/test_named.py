"""The instrument that tells whether a track was played under its own name."""

import numpy as np
import pytest

from sim.signal.named import Named
from sim.signal.pilot import pilot
from sim.signal.played import Played

RATE_HZ = 48_000
PILOTS = {"ann": 0, "bert": 1}


def song(*legs: str) -> Played:
    """Each of them alone for 1 s, one after the other."""
    pcm = np.concatenate([pilot(PILOTS[leg], 1_000) for leg in legs])
    return Played(pcm, RATE_HZ, 0.0)


def test_a_track_under_its_own_name_is_right() -> None:
    naming = Named(song("ann", "bert"), ((0, "ann"), (RATE_HZ, "bert"))).judged(PILOTS)
    assert naming.wrong == ()
    assert naming.right["ann"] == pytest.approx(1_000, abs=40)
    assert naming.right["bert"] == pytest.approx(1_000, abs=40)


def test_a_name_that_is_not_sure_is_no_wrong_one() -> None:
    naming = Named(
        song("ann", "bert"), ((0, "ann"), (RATE_HZ - 4_800, ""), (RATE_HZ + 4_800, "bert"))
    ).judged(PILOTS)
    assert naming.wrong == ()
    assert naming.unsure == pytest.approx(200, abs=80)


def test_a_name_that_comes_too_late_is_seen() -> None:
    late = RATE_HZ + RATE_HZ * 80 // 1000
    naming = Named(song("ann", "bert"), ((0, "ann"), (late, "bert"))).judged(PILOTS)
    assert {(heard, named) for _, heard, named in naming.wrong} == {("bert", "ann")}


def test_two_at_once_say_nothing() -> None:
    both = Played(pilot(0, 500) + pilot(1, 500), RATE_HZ, 0.0)
    naming = Named(both, ((0, "ann"),)).judged(PILOTS)
    assert (sum(naming.right.values()), naming.unsure, naming.wrong) == (0, 0, ())
