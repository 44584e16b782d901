"""The untimed messages: golden bytes, read by a decoder that is not ours, and every kind of rubbish."""

import json
from pathlib import Path
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.radio.contract.codec import Bad, Fault, decode, encode
from adapters.radio.contract.down import ChannelTerms, Command, Config
from adapters.radio.contract.limits import BIRTH_BYTES_MAX, CONTROL_BYTES_MAX
from adapters.radio.contract.names import Enable, Operation
from adapters.radio.contract.topics import Kind
from adapters.radio.contract.up import Birth, State, Status, Talker

SID = "7K3F9QXA"
STATE = {"v": 1, "on": True, "sid": SID}
UNTIMED = (Kind.STATE, Kind.BIRTH, Kind.STATUS, Kind.EVENT, Kind.REPLY, Kind.CONFIG, Kind.COMMAND)
GOLDEN: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("untimed.json").read_text(encoding="utf-8")
)


def pack(value: object) -> bytes:
    packed = msgpack.packb(value)
    assert isinstance(packed, bytes)
    return packed


def fault(kind: Kind, data: bytes) -> Fault | None:
    found = decode(kind, data)
    return found.fault if isinstance(found, Bad) else None


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden["kind"])
def test_golden_bytes_are_read_and_written_as_the_independent_decoder_reads_them(
    golden: dict[str, Any],
) -> None:
    data = bytes.fromhex(golden["hex"])
    assert msgpack.unpackb(data) == golden["reads"]
    message = decode(Kind(golden["kind"]), data)
    assert not isinstance(message, Bad)
    assert encode(message) == data


def test_every_untimed_kind_has_golden_bytes() -> None:
    assert {golden["kind"] for golden in GOLDEN} == set(UNTIMED)


def test_short_keys_arrive_under_their_long_names() -> None:
    status = decode(Kind.STATUS, bytes.fromhex(next(g["hex"] for g in GOLDEN if g["kind"] == "st")))
    assert isinstance(status, Status)
    assert (status.carrier, status.ptt, status.token, status.rssi_dbm) == (1, 0, None, -87)
    assert status.talker == Talker(id="3121234", alias="Unit 12", group="9", network="dmr")


def test_a_channel_stays_off_unless_it_is_enabled() -> None:
    assert ChannelTerms().enable is Enable.OFF


def test_a_key_of_a_newer_version_is_skipped() -> None:
    newer = pack({**STATE, "new": {"deep": [1, 2]}, "t": 1})
    assert decode(Kind.STATE, newer) == State(on=True, session=SID, t=1)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({**STATE, "v": 2}, Fault.VERSION),
        ({**STATE, "v": True}, Fault.VERSION),
        ({"on": True, "sid": SID}, Fault.VERSION),
        ({**STATE, "sid": "short"}, Fault.INVALID),
        ({**STATE, "on": 1}, Fault.INVALID),
        ({"v": 1, "sid": SID}, Fault.INVALID),
        ({**STATE, "t": -1}, Fault.INVALID),
        ({**STATE, "why": "x" * 65}, Fault.INVALID),
        ({**STATE, "why": "x" * 513}, Fault.SHAPE),
        ({**STATE, "a key that is too long": 1}, Fault.SHAPE),
        ({**STATE, 1: 1}, Fault.SHAPE),
        ({**STATE, "deep": [[[[[1]]]]]}, Fault.SHAPE),
        ({**STATE, "ext": msgpack.ExtType(5, b"x")}, Fault.SHAPE),
        ([1, 2], Fault.SHAPE),
        (None, Fault.SHAPE),
    ],
)
def test_a_wrong_state_is_refused_by_name(wrong: object, expected: Fault) -> None:
    assert fault(Kind.STATE, pack(wrong)) is expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"ch": []},
        {"ch": [{"id": "vhf1"}] * 17},
        {"ch": [{"id": "../vhf1"}]},
        {"ch": [{"id": "vhf1", "dir": "sideways"}]},
        {"pv": [1]},
    ],
)
def test_a_birth_out_of_bounds_is_invalid(wrong: dict[str, object]) -> None:
    birth = {"v": 1, "sid": SID, "pv": [1, 1], "ch": [{"id": "vhf1"}]}
    assert isinstance(decode(Kind.BIRTH, pack(birth)), Birth)
    assert fault(Kind.BIRTH, pack({**birth, **wrong})) is Fault.INVALID


@pytest.mark.parametrize("position", [[91.0, 0.0], [0.0, float("nan")], [0.0]])
def test_a_place_that_is_not_on_earth_is_invalid(position: list[float]) -> None:
    event = {"v": 1, "sid": SID, "n": 1, "t": 1, "k": "loc", "pos": position}
    assert fault(Kind.EVENT, pack(event)) is Fault.INVALID


def test_what_is_wrong_is_named_without_what_was_sent() -> None:
    found = decode(Kind.STATE, pack({**STATE, "sid": "a secret"}))
    assert found == Bad(Fault.INVALID, "$.sid")


@pytest.mark.parametrize(("kind", "limit"), [(Kind.STATE, CONTROL_BYTES_MAX), (Kind.BIRTH, BIRTH_BYTES_MAX)])
def test_a_message_beyond_its_bytes_is_not_even_read(kind: Kind, limit: int) -> None:
    assert fault(kind, b"\xc1" * limit) is Fault.NOT_MSGPACK
    assert fault(kind, b"\xc1" * (limit + 1)) is Fault.TOO_LONG


def test_a_message_nested_to_the_end_is_refused() -> None:
    assert fault(Kind.STATE, b"\x91" * CONTROL_BYTES_MAX) is Fault.NOT_MSGPACK


@given(kind=st.sampled_from(UNTIMED), data=st.binary(max_size=200))
def test_no_bytes_make_the_decoder_raise(kind: Kind, data: bytes) -> None:
    decode(kind, data)


@given(
    golden=st.sampled_from(GOLDEN),
    at=st.integers(min_value=0),
    byte=st.integers(0, 255),
    cut=st.integers(0, 40),
)
def test_no_changed_byte_makes_the_decoder_raise(
    golden: dict[str, Any], at: int, byte: int, cut: int
) -> None:
    data = bytearray.fromhex(golden["hex"])
    data[at % len(data)] = byte
    decode(Kind(golden["kind"]), bytes(data[: len(data) - cut]))


def test_we_do_not_send_what_the_other_end_would_refuse() -> None:
    with pytest.raises(ValueError, match="shape"):
        encode(Command(op=Operation.TEXT, epoch=1, text="x" * 513))
    with pytest.raises(ValueError, match=r"\$\.sid"):
        encode(Config(session="no", version=1, epoch=1, channels={}))
