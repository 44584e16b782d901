"""The radio thread against the real Mosquitto: link, overs both ways, and what happens when one stops."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway._native import RadioEdge, RadioStream, radio_decode
from sim.radio.mosquitto import Authority, tls_broker
from tests.native.radio_site import OPUS, SID, Broker, Events, Leg, Site, edge_on, wait_for

FRAME_S = 0.02


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path)
    yield broker
    broker.stop()


@pytest.fixture
def edge(broker: Broker) -> Iterator[RadioEdge]:
    edge = edge_on(broker.port)
    yield edge
    edge.stop()


@pytest.fixture
def site(broker: Broker) -> Iterator[Site]:
    site = Site(broker.port)
    yield site
    site.close()


@pytest.fixture
def leg() -> Iterator[Leg]:
    leg = Leg()
    yield leg
    leg.close()


def test_the_hub_says_that_it_is_there_and_that_it_goes(edge: RadioEdge, site: Site) -> None:
    assert Events(edge).next("link") == ("link", True, "")
    wait_for("state", lambda: site.turn() or (site.hub_states or None))
    assert radio_decode("hub", site.hub_states[-1]) == {"on": True, "ep": 5}
    edge.stop()
    wait_for("farewell", lambda: site.turn() or (True if len(site.hub_states) > 1 else None))
    assert radio_decode("hub", site.hub_states[-1]) == {"on": False, "ep": 5}
    with pytest.raises(OSError, match="ended"):
        edge.drain()


def a_channel_that_may_key(edge: RadioEdge, site: Site, leg: Leg) -> tuple[Events, int]:
    events = Events(edge)
    events.next("link")
    port = edge.open(1, "hill", "vhf1", "opus")
    edge.aim(1, leg.port)
    edge.expect("hill", SID)

    def known() -> bool | None:
        site.turn()
        edge.pulse()
        time.sleep(0.002)
        return site.fence.synced() or None

    wait_for("clock", known)
    assert events.next("heartbeat")[1] == "hill"
    return events, port


def speak(site: Site, edge: RadioEdge, leg: Leg, port: int, frames: range) -> None:
    began = time.monotonic()
    for k, frame in enumerate(frames):
        leg.send(port, b"speech" + frame.to_bytes(2))
        while time.monotonic() < began + (k + 1) * FRAME_S:
            site.turn()
            time.sleep(0.001)
    edge.pulse()


def test_speech_reaches_the_air_from_its_first_frame_to_its_last(
    edge: RadioEdge, site: Site, leg: Leg
) -> None:
    events, port = a_channel_that_may_key(edge, site, leg)
    edge.key(1, 77, 78, 64, 0, ("sip", "sip:101@example.org", "Desk 101"), "sip:101", 1)
    speak(site, edge, leg, port, range(100))
    edge.release(1)
    wait_for("idle", lambda: site.turn() or (None if site.ptt else True))
    assert events.next("granted") == ("granted", 1, 77, 0, 60_000)
    idle = events.next("idle")
    assert idle[:3] == ("idle", 1, 77)
    assert [int.from_bytes(frame[-2:]) for frame, _ in site.played] == list(range(100))
    assert max(age for _, age in site.played) < 250_000
    counters = edge.counters()
    assert (counters["rtp_received_total"], counters["keys_total"], counters["linked"]) == (100, 1, 1)


def test_what_the_radio_hears_reaches_the_leg_from_its_first_frame(
    edge: RadioEdge, site: Site, leg: Leg
) -> None:
    events, _ = a_channel_that_may_key(edge, site, leg)
    frames = [b"\x78frame" + k.to_bytes(2) for k in range(12)]
    site.receive(RadioStream(stream=4711, codec=OPUS, emergency=True), frames, end=True)
    assert events.next("rx_start") == ("rx_start", 1, 4711, True, False, None)
    assert list(leg.received()) == []
    edge.hear(1, 4711)
    assert events.next("rx_end") == ("rx_end", 1, 4711, 12, 0, 0)
    received = wait_for("packets", lambda: list(leg.received()) or None)
    assert [payload for *_, payload in received] == frames
    assert [(marker, timestamp) for marker, timestamp, *_ in received] == [
        (k == 0, k * 960) for k in range(12)
    ]


def test_a_hub_that_goes_unkeys_more_channels_than_the_broker_takes_at_once(
    edge: RadioEdge, site: Site, leg: Leg
) -> None:
    a_channel_that_may_key(edge, site, leg)
    channels = range(2, 62)
    for channel in channels:
        edge.open(channel, "hill", f"uhf{channel}", "opus")
        edge.key(channel, 100 + channel, 200 + channel, 64, 0, ("web", "", ""))
    wait_for("keys", lambda: site.turn() or edge.counters()["keys_total"] >= len(channels) or None)
    edge.stop()
    wait_for("farewell", lambda: site.turn() or (True if len(site.hub_states) > 1 else None))
    assert radio_decode("hub", site.hub_states[-1]) == {"on": False, "ep": 5}
    assert set(site.aborted) == {100 + channel for channel in channels}


def test_without_a_pulse_the_transmitter_is_unkeyed(edge: RadioEdge, site: Site, leg: Leg) -> None:
    events, _ = a_channel_that_may_key(edge, site, leg)
    edge.key(1, 77, 78, 64, 0, ("web", "", ""))
    wait_for("key", lambda: site.turn() or (site.ptt or None))
    silent_from = time.monotonic()
    wait_for("unkey", lambda: site.turn() or (None if site.ptt else True))
    assert 2.5 < time.monotonic() - silent_from < 4.0
    assert events.next("revoked") == ("revoked", 1, 77, "shutdown", 0)


def test_a_bridge_that_falls_silent_loses_its_over(edge: RadioEdge, site: Site, leg: Leg) -> None:
    events, _ = a_channel_that_may_key(edge, site, leg)
    edge.key(1, 77, 78, 64, 0, ("web", "", ""))
    wait_for("key", lambda: site.turn() or (site.ptt or None))
    events.next("granted")
    assert events.next("silent") == ("silent", "hill")
    assert events.next("revoked") == ("revoked", 1, 77, "link", 0)
    edge.key(1, 80, 81, 64, 0, ("web", "", ""))
    assert events.next("denied") == ("denied", 1, 80, "link", 0)


def test_a_broker_that_went_is_found_again(edge: RadioEdge, broker: Broker) -> None:
    events = Events(edge)
    events.next("link")
    broker.stop()
    _, up, why = events.next("link")
    assert (up, why) == (False, "closed")
    broker.start()
    while not events.next("link")[1]:
        pass


def test_a_broker_that_stands_still_is_left(edge: RadioEdge, broker: Broker) -> None:
    events = Events(edge)
    events.next("link")
    os.kill(broker.process.pid, signal.SIGSTOP)
    try:
        stopped = time.monotonic()
        assert events.next("link")[1] is False
        assert time.monotonic() - stopped < 6.0
    finally:
        os.kill(broker.process.pid, signal.SIGCONT)
    while not events.next("link")[1]:
        pass


def test_a_killed_hub_is_said_to_be_off(broker: Broker, site: Site) -> None:
    program = (
        "from tests.native.radio_site import edge_on, Events\n"
        f"edge = edge_on({broker.port}); events = Events(edge); print(events.next('link'), flush=True)\n"
        "import time; time.sleep(60)\n"
    )
    hub = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    try:
        wait_for("state", lambda: site.turn() or (site.hub_states or None))
        hub.kill()
        wait_for("will", lambda: site.turn() or (True if len(site.hub_states) > 1 else None))
    finally:
        hub.kill()
        hub.wait(timeout=10)
    assert [radio_decode("hub", state)["on"] for state in site.hub_states] == [True, False]


def test_a_stranger_on_loopback_cannot_speak_on_a_channel(edge: RadioEdge, site: Site, leg: Leg) -> None:
    _, port = a_channel_that_may_key(edge, site, leg)
    stranger = Leg()
    stranger.send(port, b"speech")
    wait_for("packet", lambda: edge.counters()["rtp_foreign_total"] or None)
    assert edge.counters()["rtp_received_total"] == 0
    stranger.close()


def test_wrong_orders_are_refused_where_they_are_given(edge: RadioEdge) -> None:
    edge.open(1, "hill", "vhf1", "opus")
    with pytest.raises(ValueError, match="is open"):
        edge.open(2, "hill", "vhf1", "opus")
    with pytest.raises(ValueError, match="bridge: 1 to 32"):
        edge.open(2, "Hill", "vhf1", "opus")
    with pytest.raises(ValueError, match="codec must be"):
        edge.open(2, "hill", "vhf2", "G722")
    with pytest.raises(ValueError, match="token"):
        edge.key(1, 0, 1, 64, 0, ("", "", ""))
    edge.shut(1)
    edge.open(1, "hill", "vhf1", "PCMU")


def test_a_broker_that_is_not_there_is_said_once_and_tried_again() -> None:
    edge = edge_on(1)
    events = Events(edge)
    assert events.next("link")[1] is False
    wait_for("attempts", lambda: True if edge.counters()["connections_total"] >= 3 else None)
    assert [event for event in edge.drain() if event[0] == "link"] == []
    edge.stop()


def test_settings_that_cannot_work_are_named() -> None:
    with pytest.raises(ValueError, match="root"):
        edge_on(1883, root="a/#")
    with pytest.raises(ValueError, match="tls"):
        edge_on(8883, tls=(b"no pem", b"", b""))
    with pytest.raises(ValueError, match='no limit "speed"'):
        edge_on(1883, limits={"speed": 1})


async def test_the_hub_is_who_its_certificate_says(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    ours, theirs = Authority(tmp_path), Authority(tmp_path / "theirs")
    cert, key = ours.issue("hub")
    pem = (cert.read_bytes(), key.read_bytes())
    async with tls_broker(tmp_path, ours) as port:
        edge = edge_on(port, tls=(ours.certificate.read_bytes(), *pem))
        assert await asyncio.to_thread(Events(edge).next, "link") == ("link", True, "")
        edge.stop()
        edge = edge_on(port, tls=(theirs.certificate.read_bytes(), *pem))
        _, up, why = await asyncio.to_thread(Events(edge).next, "link")
        assert (up, "certificate" in why) == (False, True)
        edge.stop()
