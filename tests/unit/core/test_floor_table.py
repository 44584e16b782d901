"""The floor's transition table against its own promises."""

from typing import get_args

import pytest

from gateway.core import floor
from gateway.core.floor import DISCARDED, TRANSITIONS, Floor, FloorInput, FloorState, step
from gateway.model.events import FloorEnd
from gateway.model.ids import CommandId, LegId, RoomId, TalkspurtId

OPS, HOLDER, OTHER, NEXT = RoomId("ops"), LegId("holder"), LegId("other"), LegId("next")
INPUTS = (
    floor.Request(CommandId(1), HOLDER, TalkspurtId(9)),
    floor.Request(CommandId(1), OTHER, TalkspurtId(9)),
    floor.Request(CommandId(1), OTHER, TalkspurtId(9), waits=True),
    floor.Request(CommandId(1), OTHER, TalkspurtId(9), overrides=True),
    floor.Request(CommandId(1), NEXT, TalkspurtId(9), waits=True),
    floor.Release(CommandId(1), HOLDER),
    floor.Release(CommandId(1), OTHER),
    floor.Release(CommandId(1), NEXT),
    floor.Cancel(NEXT),
    floor.Cancel(OTHER),
    floor.Serve(TalkspurtId(9)),
    floor.CarrierOn(HOLDER, TalkspurtId(9)),
    floor.CarrierOn(OTHER, TalkspurtId(9), limit_ms=7000),
    floor.CarrierOff(HOLDER),
    floor.CarrierOff(OTHER),
    floor.Heard(HOLDER),
    floor.Heard(OTHER),
    floor.Due(),
    floor.LimitHit(TalkspurtId(1)),
    floor.LimitHit(TalkspurtId(7)),
    floor.LegGone(HOLDER, FloorEnd.LEFT),
    floor.LegGone(NEXT, FloorEnd.LEFT),
    floor.LegGone(OTHER, FloorEnd.LEFT),
    floor.Opened(),
    floor.Closed(),
)
TIMES = (6.0, 31.0, 36.0, 39.0)
"""In the turn; when it is warned; in the grace; after it."""


def in_state(state: FloorState) -> Floor:
    waiting = (floor.Waiting(NEXT, rank=64, until=1000.0),)
    if state is FloorState.CLOSED:
        return Floor(OPS, 30_000, state)
    if state is FloorState.IDLE:  # between the end of a talkspurt and serving who waits
        return Floor(OPS, 30_000, state, queue=waiting)
    turn = floor.Turn(HOLDER, TalkspurtId(1), 5.0, 30_000, rank=64, grace_ms=3000, warn_ms=5000)
    return Floor(OPS, 30_000, state, turns=(turn,), queue=waiting)


def test_every_pair_of_state_and_input_is_listed_or_discarded() -> None:
    pairs = {(state, kind) for state in FloorState for kind in get_args(FloorInput)}
    assert pairs == set(TRANSITIONS) | DISCARDED
    assert not set(TRANSITIONS) & DISCARDED


@pytest.mark.parametrize("state", FloorState)
@pytest.mark.parametrize("what", INPUTS, ids=str)
@pytest.mark.parametrize("now", TIMES)
def test_an_input_ends_in_a_state_that_its_transition_names(
    state: FloorState, what: FloorInput, now: float
) -> None:
    after, effects = step(in_state(state), what, now)
    if (state, type(what)) in DISCARDED:
        assert (after, effects) == (in_state(state), [])
    else:
        assert after.state in TRANSITIONS[state, type(what)].to


@pytest.mark.parametrize("state", FloorState)
@pytest.mark.parametrize("what", INPUTS, ids=str)
@pytest.mark.parametrize("now", TIMES)
def test_somebody_talks_exactly_while_the_floor_is_taken_and_never_more_than_may(
    state: FloorState, what: FloorInput, now: float
) -> None:
    after, _ = step(in_state(state), what, now)
    taken = after.state is FloorState.TAKEN
    assert bool(after.turns) is taken
    assert len(after.turns) <= after.terms.talkers_max
    assert (after.deadline is not None) or not taken


def test_every_input_of_the_story_is_tried() -> None:
    assert {type(what) for what in INPUTS} == set(get_args(FloorInput))
