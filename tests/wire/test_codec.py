"""The codec takes any bytes: a message, a polite no, or Malformed; never another error."""

import json

import msgpack
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.wire.client import ClientMessage, Ping
from gateway.wire.codec import Encoding, Malformed, NotUnderstood, decode_client, encode

SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
TYPES = st.sampled_from(
    [
        "hello",
        "join",
        "leave",
        "media_offer",
        "floor_request",
        "floor_release",
        "set_mode",
        "ping",
        "goodbye",
        "x",
    ]
)
FIELDS = st.sampled_from(["id", "room", "sdp", "mode", "token", "name", "unit", "resume", "audio_slots"])
NEARLY = st.builds(
    lambda kind, fields: {"type": kind} | fields, TYPES, st.dictionaries(FIELDS, VALUES, max_size=5)
)


def take(data: bytes | str, encoding: Encoding) -> ClientMessage | NotUnderstood | None:
    """None: Malformed. Everything else that is raised fails the test."""
    try:
        return decode_client(data, encoding)
    except Malformed:
        return None


@given(st.binary(max_size=300))
@example(b"\xd6\xff\x00\x00\x00\x00")
@example(b"\x81\xc0\xc0")
@example(b"\xdf\xff\xff\xff\xff")
def test_any_bytes_are_taken_or_malformed(data: bytes) -> None:
    for encoding in Encoding:
        take(data, encoding)


@given(st.text(max_size=300))
@example("\ud800")
def test_any_text_is_taken_or_malformed(text: str) -> None:
    take(text, Encoding.JSON)


@given(NEARLY)
def test_what_is_nearly_a_message_is_taken_or_answered_or_malformed(message: dict[str, object]) -> None:
    taken = take(msgpack.packb(message), Encoding.MSGPACK)
    if isinstance(taken, NotUnderstood) and taken.id is not None:
        assert message["id"] == taken.id
        assert 1 <= taken.id < 2**31
    elif taken is not None and not isinstance(taken, NotUnderstood):
        assert msgpack.unpackb(encode(taken, Encoding.MSGPACK))["type"] == message["type"]


@pytest.mark.parametrize("number", [0, -1, 2**31, 1.0, "1", True, None])
def test_an_id_out_of_bounds_cannot_be_answered(number: object) -> None:
    with pytest.raises(Malformed):
        decode_client(json.dumps({"type": "ping", "id": number}), Encoding.JSON)


def test_a_newer_type_is_reported_with_its_id() -> None:
    newer = decode_client('{"type":"beam_up","id":7}', Encoding.JSON)
    assert isinstance(newer, NotUnderstood)
    assert (newer.id, newer.known) == (7, False)


def test_a_secret_is_in_no_error() -> None:
    with pytest.raises(Malformed) as malformed:
        decode_client('{"type":"hello","token":"SECRET","name":5}', Encoding.JSON)
    assert "SECRET" not in malformed.value.detail + str(malformed.value)


def test_the_order_of_fields_does_not_matter() -> None:
    assert decode_client(b"\x82\xa2id\x01\xa4type\xa4ping", Encoding.MSGPACK) == Ping(id=1)
