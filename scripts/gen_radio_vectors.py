"""Bytes of every message of the radio contract, for authors of bridges: docs/protocol/radio-v1.vectors.json.

The timed messages are written by the extension, the others are the golden bytes of the contract's tests.
``reads`` is the message as any msgpack decoder gives it, byte strings in hex.
"""

import json
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]  # publishes no types

from gateway._native import RadioStream, RadioUplink, radio_decode, radio_encode

PAGE = "docs/protocol/radio-v1.vectors.json"
_UNTIMED = "tests/contract/radio/untimed.json"
_OPUS = "opus/48000/1"
_TOKEN = 0x9C41AA07
_STREAM = 0x5F3A21C4
_FRAME = bytes(range(39))
"""Stands for an Opus frame of 20 ms at 16 kbit/s."""
_KEY = {
    "op": "key",
    "tok": _TOKEN,
    "pr": 128,
    "ep": 12,
    "t": 9_912_345_678,
    "cod": _OPUS,
    "lim": 60_000,
    "src": {"ty": "sip", "id": "sip:101@example.org", "al": "Desk 101"},
    "org": "sip:101",
    "hop": 1,
}
_FLOOR: list[tuple[str, str, dict[str, Any]]] = [
    ("a dispatcher asks for air", "floor_dn", _KEY),
    ("released after message 173", "floor_dn", {"op": "rel", "tok": _TOKEN, "ls": 173}),
    ("unkey now", "floor_dn", {"op": "abort", "tok": _TOKEN}),
    ("granted", "floor_up", {"op": "grant", "tok": _TOKEN, "rdy": 120, "lim": 60_000, "t": 81_240_000_000}),
    ("denied: somebody is on air", "floor_up", {"op": "deny", "tok": _TOKEN, "why": "busy", "ra": 1_500}),
    ("taken back at the limit", "floor_up", {"op": "revoke", "tok": _TOKEN, "why": "tot", "pen": 3_000}),
    ("done", "floor_up", {"op": "idle", "tok": _TOKEN, "air": 3_480, "n": 174, "late": 0, "gap": 1}),
]
_REFUSED: list[tuple[str, str, str]] = [
    ("hub", "more than 4096 bytes", (b"\xc0" * 4097).hex()),
    ("hub", "an extension type", "83a17601a26f6ec3a26570d40100"),
    ("hub", "a key that is a number", "83a1760101c3a2657003"),
    ("hub", "one byte too many", "83a17601a26f6ec3a2657003c0"),
    ("hub", "version 2", "83a17602a26f6ec3a2657003"),
    ("hub", "no epoch", "82a17601a26f6ec3"),
    ("audio", "stream 0", "960100000000" + "90"),
    ("audio", "seven frames", "960101000000" + "97" + "c40101" * 7),
    ("audio", "an empty frame", "960101000000" + "91" + "c400"),
]


def vectors(root: Path) -> str:
    """The page."""
    untimed = json.loads((root / _UNTIMED).read_text(encoding="utf-8"))
    page = {
        "about": "Radio contract v1, see radio-v1.md. Made by `make docs`.",
        "messages": [
            *(_vector(kind, what, data) for kind, what, data in _timed()),
            *(
                {"kind": one["kind"], "what": "untimed", "hex": one["hex"], "reads": one["reads"]}
                for one in untimed
            ),
        ],
        "refused": [
            {"kind": kind, "what": what, "fault": _fault(kind, data), "hex": data}
            for kind, what, data in _REFUSED
        ],
    }
    return json.dumps(page, indent=1, ensure_ascii=False) + "\n"


def _timed() -> list[tuple[str, str, bytes]]:
    stream = RadioStream(stream=_STREAM, codec=_OPUS)
    start = stream.push(_FRAME, 81_234_567_890, -87)
    middle = stream.push(_FRAME, 81_234_587_890)
    stream.skip(3)
    gap = stream.push(_FRAME, 81_234_667_890)
    audio = [
        ("audio", "received: start", start),
        ("audio", "received: middle", middle),
        ("audio", "received: the source dropped frames before this", gap),
        ("audio", "received: end", stream.end()[-1]),
        ("audio", "to be transmitted: start", _tx(0, 0, 1, [_FRAME], 9_912_345_678)),
        ("audio", "to be transmitted: keepalive", _tx(9, 14_400, 0, [], 9_912_645_678)),
        ("audio", "to be transmitted: end", _tx(10, 19_200, 2, [])),
    ]
    uplink = RadioUplink(sid="7K3F9QXA")
    probe = radio_encode("hb_dn", {"ep": 12, "q": 5_510, "t": 9_912_345_678})
    first = uplink.heartbeat(81_239_000_000, 1_795_340_227_123)
    uplink.probe(probe, 81_240_990_000)
    beats = [
        ("hb_dn", "the hub's heartbeat and probe", probe),
        ("hb_up", "before the first probe", first),
        ("hb_up", "with the probe's echo", uplink.heartbeat(81_241_000_000, 1_795_340_229_123, late=2)),
        ("hub", "the hub is there", radio_encode("hub", {"on": True, "ep": 12})),
        ("hub", "the hub's last will", radio_encode("hub", {"on": False, "ep": 12})),
    ]
    floor = [(kind, what, radio_encode(kind, message)) for what, kind, message in _FLOOR]
    return [(kind, what, data or b"") for kind, what, data in audio] + beats + floor


def _tx(q: int, ts: int, fl: int, frames: list[bytes], c: int | None = None) -> bytes:
    message = {"s": _TOKEN, "q": q, "ts": ts, "fl": fl, "frames": frames}
    return radio_encode("audio", message if c is None else message | {"c": c})


def _vector(kind: str, what: str, data: bytes) -> dict[str, Any]:
    return {"kind": kind, "what": what, "hex": data.hex(), "reads": _plain(msgpack.unpackb(data))}


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a decoder gives
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return value


def _fault(kind: str, data: str) -> str:
    try:
        radio_decode(kind, bytes.fromhex(data))
    except ValueError as error:
        return str(error)
    msg = f"{kind} {data}: was taken"
    raise AssertionError(msg)
