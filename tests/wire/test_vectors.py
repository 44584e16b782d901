"""The shared vectors, judged by decoders that are not ours. TypeScript reads the same files."""

import json
from pathlib import Path
from typing import Any

import msgpack
import pytest

from gateway.wire.codec import Encoding, NotUnderstood, decode_client, decode_server, encode

HERE = Path(__file__).parent


def vectors(name: str) -> list[Any]:
    return [pytest.param(one, id=one["name"]) for one in json.loads((HERE / name).read_text("utf-8"))]


CLIENT = pytest.mark.parametrize("vector", vectors("client.json"))
SERVER = pytest.mark.parametrize("vector", vectors("server.json"))


@pytest.mark.parametrize("vector", vectors("client.json") + vectors("server.json"))
def test_both_encodings_say_the_same_to_an_independent_decoder(vector: dict[str, Any]) -> None:
    assert msgpack.unpackb(bytes.fromhex(vector["msgpack"])) == vector["message"]
    assert json.loads(vector["json"]) == vector["message"]


@CLIENT
def test_a_client_message_survives_the_way_in_and_out(vector: dict[str, Any]) -> None:
    message = decode_client(bytes.fromhex(vector["msgpack"]), Encoding.MSGPACK)
    assert not isinstance(message, NotUnderstood)
    assert message == decode_client(vector["json"], Encoding.JSON)
    assert encode(message, Encoding.MSGPACK).hex() == vector["msgpack"]


@SERVER
def test_a_hub_message_survives_the_way_out_and_in(vector: dict[str, Any]) -> None:
    message = decode_server(bytes.fromhex(vector["msgpack"]), Encoding.MSGPACK)
    assert message == decode_server(vector["json"], Encoding.JSON)
    assert encode(message, Encoding.JSON).decode() == vector["json"]


@CLIENT
def test_a_field_that_is_not_known_yet_is_skipped(vector: dict[str, Any]) -> None:
    newer = msgpack.packb(vector["message"] | {"x-new": [1, {"deep": None}]})
    assert decode_client(newer, Encoding.MSGPACK) == decode_client(
        bytes.fromhex(vector["msgpack"]), Encoding.MSGPACK
    )
