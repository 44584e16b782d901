"""The doors' small parts alone: buckets, limits, origins, peers, offers."""

from collections.abc import Mapping
from contextlib import suppress

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from adapters._kit.bucket import TokenBucket
from adapters._kit.counters import Counters
from adapters._kit.once import Once
from adapters.web.config import WebConfig
from adapters.web.ice_session import IceSession, Meaning, answer_fragment
from adapters.web.limits import ADDRESSES_MAX, ConnectionLimit
from adapters.web.offer import IceCredentials, NotSdp, read_fragment, read_offer
from adapters.web.origin import allowed
from adapters.web.peer import address_of


@given(st.lists(st.floats(0, 3), max_size=60), st.floats(0.5, 20), st.integers(1, 30))
def test_a_bucket_never_gives_more_than_its_burst_and_what_flowed_in(
    pauses: list[float], rate: float, burst: int
) -> None:
    bucket, now, given_out = TokenBucket(rate, burst), 100.0, 0
    for pause in pauses:
        now += pause
        given_out += bucket.take(now)
    assert given_out <= burst + (now - 100.0) * rate + 1e-6


def test_a_bucket_that_was_left_alone_is_full_again() -> None:
    bucket = TokenBucket(rate=1.0, burst=2)
    assert [bucket.take(0.0) for _ in range(3)] == [True, True, False]
    assert [bucket.take(10.0) for _ in range(3)] == [True, True, False]


def test_addresses_remembered_are_bounded() -> None:
    limit = ConnectionLimit(WebConfig(connects_burst=1, connects_per_s=0.001))
    assert limit.enter("first", 0.0)
    assert not limit.enter("first", 0.0)
    for number in range(ADDRESSES_MAX):
        limit.enter(f"other {number}", 0.0)
    assert limit.enter("first", 0.0)


def test_leaving_makes_room_for_the_next_connection() -> None:
    limit = ConnectionLimit(WebConfig(connections_per_address=1))
    assert limit.enter("a", 0.0)
    assert not limit.enter("a", 0.0)
    limit.leave("a")
    assert limit.open_now() == 0
    assert limit.enter("a", 0.0)


def test_a_fault_is_told_once_a_peer_and_the_memory_is_bounded() -> None:
    once = Once(peers_max=2)
    assert [once.first("a", "x"), once.first("a", "x"), once.first("a", "y")] == [True, False, True]
    once.first("b", "x")
    assert once.first("a", "x")


def test_a_counter_shows_zero_before_its_first_event_and_a_wrong_name_is_an_error() -> None:
    counters = Counters("seen_total")
    counters.gauge("here", lambda: 7)
    assert counters.read() == {"seen_total": 0, "here": 7}
    with pytest.raises(KeyError):
        counters.add("sene_total")


@pytest.mark.parametrize(
    ("host", "origin", "good"),
    [
        ("gw.example", None, True),
        ("gw.example", "http://gw.example", True),
        ("gw.example", "https://gw.example", True),
        ("gw.example:8443", "https://gw.example:8443", True),
        ("GW.example", "https://gw.example", True),
        ("[::1]:8080", "http://[::1]:8080", True),
        ("gw.example:8443", "https://gw.example", False),
        ("gw.example", "https://gw.example.evil.example", False),
        ("gw.example", "https://evil.example", False),
        ("gw.example", "null", False),
        ("gw.example", "", False),
        ("gw.example", "https://[", False),
        ("gw.example", "file://", False),
        ("", "https://", False),
        ("gw.example", "https://gw.example:99999", False),
    ],
)
def test_only_the_same_address_or_a_listed_origin_is_allowed(
    host: str, origin: str | None, *, good: bool
) -> None:
    headers = {"Host": host} | ({} if origin is None else {"Origin": origin})
    assert allowed(make_mocked_request("GET", "/ws", headers=headers), ()) is good


def test_a_listed_origin_is_compared_whole() -> None:
    def asked(origin: str) -> bool:
        request = make_mocked_request("GET", "/ws", headers={"Host": "gw", "Origin": origin})
        return allowed(request, ("https://console.example",))

    assert asked("https://console.example")
    assert not asked("http://console.example")


@pytest.mark.parametrize(
    ("peer", "headers", "address"),
    [
        ("192.0.2.9", {"X-Forwarded-For": "10.0.0.1"}, "192.0.2.9"),
        ("10.9.9.9", {}, "10.9.9.9"),
        ("10.9.9.9", {"X-Forwarded-For": "6.6.6.6, 192.0.2.1"}, "192.0.2.1"),
    ],
    ids=["not-the-proxy", "nothing-forwarded", "last-entry"],
)
def test_a_forwarded_address_is_believed_from_the_named_proxy_only(
    peer: str, headers: Mapping[str, str], address: str
) -> None:
    request = make_mocked_request("GET", "/healthz", headers=headers).clone(remote=peer)
    assert address_of(request, "10.9.9.9") == address


SDP_LINES = st.sampled_from(
    [
        "v=0",
        "m=audio 9 P 111",
        "m=video 0 P 96",
        "m=audio",
        "a=sendonly",
        "a=bundle-only",
        "a=ice-ufrag:x",
        "x",
        "",
    ]
)


@given(st.lists(SDP_LINES | st.text(max_size=12), max_size=20))
def test_any_text_is_an_offer_or_no_sdp(lines: list[str]) -> None:
    text = "\r\n".join(lines)
    with suppress(NotSdp):
        offer = read_offer(text)
        assert (
            len(offer.wanted) <= len(offer.media) == sum(line.startswith("m=") for line in text.splitlines())
        )
    with suppress(NotSdp):
        assert all(len(ufrag) >= 4 for ufrag in read_fragment(text).ufrags)


def test_a_direction_of_the_session_counts_for_media_lines_without_one() -> None:
    offer = read_offer("v=0\na=recvonly\nm=audio 9 P 111\nm=audio 9 P 111\na=sendonly\n")
    assert [line.direction for line in offer.media] == ["recvonly", "sendonly"]


def test_a_line_with_port_zero_is_refused_unless_it_is_bundled() -> None:
    offer = read_offer("v=0\nm=audio 9 P 111\nm=video 0 P 96\nm=video 0 P 96\na=bundle-only\n")
    assert [line.refused for line in offer.media] == [False, True, False]


def test_a_restart_is_the_first_offer_under_new_names_and_without_the_old_candidates() -> None:
    offer = "v=0\r\na=ice-ufrag:abcd\r\nm=audio 9 P 111\r\na=ice-pwd:old\r\na=candidate:1\r\na=sendonly\r\n"
    new = IceCredentials(frozenset({"wxyz"}), frozenset({"new"}))
    assert IceSession(offer).next_offer(new) == (
        "v=0\r\na=ice-ufrag:wxyz\r\nm=audio 9 P 111\r\na=ice-pwd:new\r\na=sendonly\r\n"
    )


def test_a_restart_is_answered_with_the_ice_of_the_first_line_in_use() -> None:
    line = (
        "m={} UDP/TLS/RTP/SAVPF 111\r\na=mid:{}\r\na=ice-ufrag:u{}\r\na=ice-pwd:p\r\na=candidate:{} 1 udp\r\n"
    )
    answer = "v=0\r\na=group:BUNDLE 1 2\r\n"
    answer += "".join(line.format(kind, n, n, n) for n, kind in enumerate(("video 0", "audio 9", "video 9")))
    assert answer_fragment(answer) == (
        "a=ice-lite\r\na=ice-ufrag:u1\r\na=ice-pwd:p\r\n"
        "m=audio 9 RTP/AVP 0\r\na=mid:1\r\na=candidate:1 1 udp\r\n"
    )


@pytest.mark.parametrize(
    ("ufrags", "passwords", "meaning"),
    [
        ((), (), Meaning.TRICKLE),
        (("abcd",), ("old",), Meaning.TRICKLE),
        (("wxyz",), ("new",), Meaning.RESTART),
        (("wxyz",), (), Meaning.NEITHER),
        (("wxyz",), ("old",), Meaning.NEITHER),
        (("abcd",), ("new",), Meaning.NEITHER),
        (("wxyz", "efgh"), ("new", "newer"), Meaning.NEITHER),
    ],
)
def test_only_one_new_ufrag_with_one_new_password_restarts(
    ufrags: tuple[str, ...], passwords: tuple[str, ...], meaning: Meaning
) -> None:
    session = IceSession("v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:old\r\n")
    assert session.meaning(IceCredentials(frozenset(ufrags), frozenset(passwords))) is meaning
