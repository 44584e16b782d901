"""The carrier's transition table against its own promises."""

from dataclasses import replace
from typing import get_args

import pytest

from gateway.core import carrier as carriers
from gateway.core.carrier import DISCARDED, TRANSITIONS, Carrier, CarrierInput, CarrierState, step
from gateway.model.radio import CarrierTerms

INPUTS = (
    carriers.Opened(),
    carriers.Closed(),
    carriers.Keyed(),
    carriers.Unkeyed(aired=True),
    carriers.Unkeyed(aired=False),
    carriers.Due(),
    carriers.LimitRanOut(),
)
BEFORE = (
    Carrier(CarrierTerms()),
    Carrier(CarrierTerms(), keyed=True),
    Carrier(CarrierTerms(), gated_until=6.1, deadline=6.1),
)


def test_every_pair_of_state_and_input_is_listed_or_discarded() -> None:
    pairs = {(state, kind) for state in CarrierState for kind in get_args(CarrierInput)}
    assert pairs == set(TRANSITIONS) | DISCARDED
    assert not set(TRANSITIONS) & DISCARDED


@pytest.mark.parametrize("before", BEFORE, ids=["plain", "keyed", "just unkeyed"])
@pytest.mark.parametrize("state", CarrierState)
@pytest.mark.parametrize("what", INPUTS, ids=str)
def test_an_input_ends_in_a_state_that_its_transition_names(
    before: Carrier, state: CarrierState, what: CarrierInput
) -> None:
    carrier = replace(before, state=state)
    after = step(carrier, what, now=6.0)
    if (state, type(what)) in DISCARDED:
        assert after == carrier
    else:
        assert after.state in TRANSITIONS[state, type(what)].to


@pytest.mark.parametrize("what", INPUTS, ids=str)
def test_a_keyed_channel_never_counts_what_it_receives(what: CarrierInput) -> None:
    for state in (CarrierState.CLOSED, CarrierState.GATED, CarrierState.SPENT):
        after = step(Carrier(CarrierTerms(), state, keyed=True), what, now=6.0)
        assert not (after.keyed and after.counts)


def test_every_input_of_the_story_is_tried() -> None:
    assert {type(what) for what in INPUTS} == set(get_args(CarrierInput))
