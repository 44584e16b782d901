"""The transmit fence as a bridge program sees it: payloads and times in, what to do out."""

import pytest

from gateway._native import RadioFence, RadioStream, RadioUplink, radio_decode, radio_encode

SECOND = 1_000_000
OPUS = "opus/48000/1"


def a_fence_that_knows_the_hub() -> RadioFence:
    """At one second; the hub's clock is the bridge's."""
    fence = RadioFence(codec=OPUS)
    fence.configure(0, transmit=True)
    fence.broker(up=True, now_us=0)
    fence.hub_state(radio_encode("hub", {"on": True, "ep": 3}), 0)
    for probe in range(2):
        now = probe * SECOND
        fence.heartbeat(radio_encode("hb_dn", {"ep": 3, "q": probe, "t": now}), now)
    return fence


def key(token: int, sent: int) -> bytes:
    return radio_encode(
        "floor_dn", {"op": "key", "tok": token, "pr": 64, "ep": 3, "t": sent, "cod": OPUS, "lim": 0}
    )


def test_a_key_is_granted_and_its_frames_are_played_one_by_one() -> None:
    fence = a_fence_that_knows_the_hub()
    now = SECOND
    keyed, (name, grant) = fence.floor(key(7, now), now)
    assert keyed == ("ptt", True)
    assert name == "publish"
    assert radio_decode("floor_up", grant) == {"op": "grant", "tok": 7, "rdy": 0, "lim": 60_000, "t": now}
    assert fence.keyed() == 7
    message = {"s": 7, "q": 0, "ts": 0, "fl": 1, "frames": [b"one", b"two"], "c": now}
    assert fence.tx(radio_encode("audio", message), now + 1_000) == []
    played = []
    while (due := fence.deadline()) is not None and due < now + 200_000:
        played += [(due - now, *action) for action in fence.tick(due)]
    assert played == [(60_000, "play", b"one", 1_000), (80_000, "play", b"two", 1_000)]


def test_whatever_comes_nothing_raises() -> None:
    fence = a_fence_that_knows_the_hub()
    for payload in (b"", b"\xc1", b"\xdf\xff\xff\xff\xff", b"\x81\xa1v\x02", bytes(5000)):
        for take in (fence.floor, fence.tx, fence.heartbeat):
            assert take(payload, SECOND) == []
        assert fence.hub_state(payload, SECOND) == []
    assert fence.counters()["bad"] == 20


def test_a_stream_becomes_messages_and_an_end() -> None:
    stream = RadioStream(stream=9, codec=OPUS, frames_per_message=2, emergency=True)
    assert stream.push(b"a", 5) is None
    message = stream.push(b"b", 25, -80)
    assert message is not None
    assert radio_decode("audio", message) == {
        "s": 9,
        "q": 0,
        "ts": 0,
        "fl": 9,
        "frames": [b"a", b"b"],
        "c": 5,
        "r": -80,
    }
    assert [radio_decode("audio", end)["fl"] for end in stream.end()] == [10]


def test_a_heartbeat_echoes_the_hubs_probe() -> None:
    uplink = RadioUplink(sid="7K3F9QXA")
    assert uplink.probe(radio_encode("hb_dn", {"ep": 1, "q": 4, "t": 50}), 70)
    assert radio_decode("hb_up", uplink.heartbeat(90, 1_000, late=2)) == {
        "sid": "7K3F9QXA",
        "q": 0,
        "t": 90,
        "w": 1_000,
        "e": (4, 50, 70),
        "o": {"qd": 0, "dr": 0, "lt": 2, "b": 0},
    }


@pytest.mark.parametrize(
    ("kind", "payload", "word"),
    [
        ("hub", b"\xc0" * 5000, "too_long"),
        ("hub", b"\x81", "not_msgpack"),
        ("hub", b"\x93\x01\x02\x03", "shape"),
        ("audio", b"\x96\x02\x01\x00\x00\x00\x90", "version"),
        ("floor_up", b"\x81\xa1v\x01", "invalid"),
    ],
)
def test_a_message_that_is_not_taken_is_named(kind: str, payload: bytes, word: str) -> None:
    with pytest.raises(ValueError, match=f"^{word}$"):
        radio_decode(kind, payload)


def test_what_cannot_be_encoded_names_the_field() -> None:
    with pytest.raises(ValueError, match=r"^ep: missing"):
        radio_encode("hub", {"on": True})
    with pytest.raises(ValueError, match=r"^tok: of another type"):
        radio_encode("floor_dn", {"op": "abort", "tok": "7"})


def test_settings_out_of_bounds_are_named() -> None:
    with pytest.raises(ValueError, match="frame_ms"):
        RadioFence(codec=OPUS, frame_ms=10)
    with pytest.raises(ValueError, match="watchdog_ms"):
        RadioFence(codec=OPUS).configure(0, transmit=True, watchdog_ms=10)
