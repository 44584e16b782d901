"""The published bytes of the timed messages: read by the extension as an independent decoder reads them."""

import json
from typing import Any

import msgpack
import pytest

from adapters.radio.contract.topics import Kind
from gateway._native import radio_decode, radio_encode
from tests.lint.tree import ROOT

VECTORS = json.loads((ROOT / "docs/protocol/radio-v1.vectors.json").read_text(encoding="utf-8"))
TIMED = ("audio", "hb_up", "hb_dn", "floor_up", "floor_dn", "hub")
MESSAGES = [vector for vector in VECTORS["messages"] if vector["kind"] in TIMED]


def plain(value: Any) -> Any:  # noqa: ANN401 - whatever a decoder gives
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items() if key != "v"}
    return value


@pytest.mark.parametrize("vector", MESSAGES, ids=lambda vector: vector["what"])
def test_the_published_bytes_are_read_and_written_back(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["hex"])
    message = radio_decode(vector["kind"], data)
    assert radio_encode(vector["kind"], message) == data
    independent = msgpack.unpackb(data)
    if vector["kind"] == "audio":
        version, *fields, frames = independent[:6]
        assert version == 1
        extension = independent[6] if len(independent) > 6 else {}
        independent = dict(zip(("s", "q", "ts", "fl"), fields, strict=True)) | {"frames": frames} | extension
    assert plain(message) == plain(independent)


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["what"])
def test_what_must_be_refused_is(vector: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"^{vector['fault']}$"):
        radio_decode(vector["kind"], bytes.fromhex(vector["hex"]))


def test_every_kind_of_the_contract_has_published_bytes() -> None:
    kinds = {vector["kind"] for vector in VECTORS["messages"]}
    timed = {Kind.HEARTBEAT, Kind.FLOOR, Kind.RECEIVED, Kind.TRANSMIT}
    assert kinds == set(TIMED) | (set(Kind) - timed)
