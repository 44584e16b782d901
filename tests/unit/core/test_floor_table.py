"""The floor's transition table against its own promises."""

from typing import get_args

import pytest

from gateway.core import floor
from gateway.core.floor import DISCARDED, TRANSITIONS, Floor, FloorInput, FloorState, step
from gateway.model.events import FloorEnd
from gateway.model.ids import CommandId, LegId, RoomId, TalkspurtId

OPS, HOLDER, OTHER = RoomId("ops"), LegId("holder"), LegId("other")
INPUTS = (
    floor.Request(CommandId(1), HOLDER, TalkspurtId(9)),
    floor.Request(CommandId(1), OTHER, TalkspurtId(9)),
    floor.Release(CommandId(1), HOLDER),
    floor.Release(CommandId(1), OTHER),
    floor.CarrierOn(HOLDER, TalkspurtId(9)),
    floor.CarrierOn(OTHER, TalkspurtId(9), limit_ms=7000),
    floor.CarrierOff(HOLDER),
    floor.CarrierOff(OTHER),
    floor.T2Expired(),
    floor.LimitHit(TalkspurtId(1)),
    floor.LimitHit(TalkspurtId(7)),
    floor.LegGone(HOLDER, FloorEnd.LEFT),
    floor.LegGone(OTHER, FloorEnd.LEFT),
    floor.Opened(),
    floor.Closed(),
)


def in_state(state: FloorState) -> Floor:
    if state is FloorState.TAKEN:
        return Floor(OPS, 30_000, state, HOLDER, TalkspurtId(1), since=5.0, granted_ms=30_000)
    return Floor(OPS, 30_000, state)


def test_every_pair_of_state_and_input_is_listed_or_discarded() -> None:
    pairs = {(state, kind) for state in FloorState for kind in get_args(FloorInput)}
    assert pairs == set(TRANSITIONS) | DISCARDED
    assert not set(TRANSITIONS) & DISCARDED


@pytest.mark.parametrize("state", FloorState)
@pytest.mark.parametrize("what", INPUTS, ids=str)
def test_an_input_ends_in_a_state_that_its_transition_names(state: FloorState, what: FloorInput) -> None:
    after, effects = step(in_state(state), what, now=6.0)
    if (state, type(what)) in DISCARDED:
        assert (after, effects) == (in_state(state), [])
    else:
        assert after.state in TRANSITIONS[state, type(what)].to


@pytest.mark.parametrize("state", FloorState)
@pytest.mark.parametrize("what", INPUTS, ids=str)
def test_a_holder_is_there_exactly_while_the_floor_is_taken(state: FloorState, what: FloorInput) -> None:
    after, _ = step(in_state(state), what, now=6.0)
    taken = after.state is FloorState.TAKEN
    assert (after.holder is not None) is taken
    assert (after.talkspurt is not None) is taken
    assert (after.deadline is not None) is taken


def test_every_input_of_the_story_is_tried() -> None:
    assert {type(what) for what in INPUTS} == set(get_args(FloorInput))
