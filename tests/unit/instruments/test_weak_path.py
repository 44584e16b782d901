"""The weak path's lanes: what they lose and how fast they pass."""

from sim.path.lane import DTLS, RTCP, STUN, Lane, kind

AUDIO = bytes([0x80, 111]) + bytes(98)
VIDEO = bytes([0x80, 96 | 0x80]) + bytes(998)


def test_the_same_seed_loses_the_same_datagrams() -> None:
    def lost(seed: int) -> list[bool]:
        lane = Lane(seed)
        lane.loss = 0.03
        return [lane.fate(AUDIO, k * 0.02) is None for k in range(2_000)]

    assert lost(7) == lost(7) != lost(8)
    assert 30 <= sum(lost(7)) <= 90


def test_a_narrow_lane_passes_its_rate_and_drops_what_finds_the_queue_full() -> None:
    lane = Lane(1)
    lane.bits_per_s = 300_000
    left = [lane.fate(VIDEO, k * 0.01) for k in range(1_000)]
    passed = [at for at in left if at is not None]
    assert 300_000 * 10 / 8_000 <= len(passed) <= 300_000 * 10.3 / 8_000
    assert all(at - k * 0.01 < 0.24 for k, at in enumerate(left) if at is not None)
    assert lane.dropped[96] == 1_000 - len(passed)


def test_a_lane_without_limits_passes_all_at_once() -> None:
    lane = Lane(1)
    assert [lane.fate(AUDIO, now) for now in (0.0, 1.0)] == [0.0, 1.0]


def test_datagrams_are_told_apart_without_a_key() -> None:
    assert [kind(bytes([first, 200])) for first in (0, 22, 128)] == [STUN, DTLS, RTCP]
    assert [kind(AUDIO), kind(VIDEO), kind(b"")] == [111, 96, STUN]
