"""A record is read back as it was written, whatever the input."""

import msgspec
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from gateway.app.record import NotARecord, Record, decode, encode
from gateway.model.effects import (
    Answer,
    Effect,
    EndLeg,
    JoinMedia,
    LeaveMedia,
    OpenGate,
    Publish,
    ShutGate,
)
from gateway.model.events import Event
from gateway.model.ids import BootId
from gateway.model.inputs import Command, Fact, Tick

# No clock and no count tells NaN, which is not equal to itself.
st.register_type_strategy(float, st.floats(allow_nan=False))
values = st.from_type(Fact) | st.from_type(Command)
effects = st.lists(
    st.one_of(*map(st.from_type, (Answer, EndLeg, JoinMedia, LeaveMedia, OpenGate, ShutGate)))
    | st.builds(Publish, event=st.from_type(Event)),
    max_size=4,
).map(tuple)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(what=values, made=effects, now=st.floats(0, 1e9), seq=st.integers(1, 2**40))
def test_every_input_and_effect_survives_the_log(
    what: Fact | Command, made: tuple[Effect, ...], now: float, seq: int
) -> None:
    record = Record(seq, BootId("b"), now, 2.0, "digest", what, made)
    try:
        payload = encode(record)
    except OverflowError:
        reject()  # no wire has ids beyond 64 bits
    assert decode(payload) == record


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xc1",
        msgspec.msgpack.encode([1, 2]),
        msgspec.msgpack.encode([1, "b", 0.0, 0.0, "c", {"t": "Nothing"}, []]),
        msgspec.msgpack.encode([1, "b", 0.0, 0.0, "c", {"t": "Answer", "leg": "l", "id": 1}, []]),
        msgspec.msgpack.encode([1, "b", 0.0, 0.0, "c", {"t": "MediaUp"}, []]),
        msgspec.msgpack.encode([1, "b", 0.0, 0.0, "c", {"t": "MediaUp", "leg": 7}, []]),
        msgspec.msgpack.encode([1, "b", 0.0, 0.0, "c", {"t": "Tick"}, 5]),
    ],
)
def test_bytes_that_are_no_record_are_named_so(payload: bytes) -> None:
    with pytest.raises(NotARecord):
        decode(payload)


def test_a_field_that_an_older_record_lacks_takes_its_default() -> None:
    old = msgspec.msgpack.encode([1, "b", 0.0, 0.0, "c", {"t": "Booted", "boot": "b", "rooms": []}, []])
    assert decode(old).input.switched == ()  # type: ignore[union-attr]


def test_a_field_of_a_newer_record_is_passed_over() -> None:
    newer = msgspec.msgpack.encode([1, "b", 0.0, 0.0, "c", {"t": "Tick", "phase": 3}, []])
    assert decode(newer).input == Tick()
