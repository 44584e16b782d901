"""Our SRTP and libsrtp agree byte for byte: three profiles, both sides' keys, roll-over, damage, replays."""

import random
import struct
import subprocess
from pathlib import Path

import pytest
from pylibsrtp import Policy, Session

LINES = Path(__file__).resolve().parents[2] / "target/release/srtp-lines"
#: Profile of libsrtp, bytes of a key, bytes of a salt.
PROFILES = {
    "cm80": (Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 16, 14),
    "gcm128": (Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12),
    "gcm256": (Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 32, 12),
}
SIDES = ("client", "server")
PACKETS = 400
REPORTS = 50
DEADLINE_S = 30.0


class Case:
    """Lines for our side, and what libsrtp says the answers are (None: anything)."""

    def __init__(self, profile: str, side: str) -> None:
        self.dice = random.Random(f"{profile} {side}")
        libsrtp, key, salt = PROFILES[profile]
        self.exported = self.dice.randbytes(2 * (key + salt))
        k, at = SIDES.index(side), 2 * key
        master = self.exported[k * key :][:key] + self.exported[at + k * salt :][:salt]
        self._policy = {"key": master, "srtp_profile": libsrtp}
        self.sealing = Session(Policy(ssrc_type=Policy.SSRC_ANY_OUTBOUND, **self._policy))
        self.lines: list[str] = []
        self.expected: list[str | None] = []

    def ask(self, line: str, answer: bytes | str | None) -> None:
        self.lines.append(line)
        self.expected.append(answer.hex() if isinstance(answer, bytes) else answer)

    def rtp(self, sequence: int) -> bytes:
        extended = sequence % 2 == 1
        first = 0x91 if extended else 0x80
        packet = struct.pack("!BBHII", first, 111, sequence & 0xFFFF, sequence * 960, 0x11223344)
        if extended:
            packet += bytes.fromhex("0000002a bede0001 10aa2005")
        return packet + self.dice.randbytes(self.dice.choice((0, 1, 20, 100, 160, 1100)))

    def report(self, number: int) -> bytes:
        first = struct.pack("!BBHI", 0x81, 201, 7, 0x55667788) + self.dice.randbytes(24)
        return first + struct.pack("!BBHII", 0x81, 206, 2, 0x55667788, number)

    def damaged(self, packet: bytes) -> bytes:
        at = self.dice.randrange(12, len(packet))
        return packet[:at] + bytes([packet[at] ^ (1 << self.dice.randrange(8))]) + packet[at + 1 :]

    def answers(self, profile: str, side: str) -> list[str]:
        ran = subprocess.run(
            [LINES, profile, self.exported.hex(), side],
            input="\n".join(self.lines),
            capture_output=True,
            text=True,
            check=True,
            timeout=DEADLINE_S,
        )
        return ran.stdout.split()


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("profile", PROFILES)
def test_rtp_is_sealed_and_opened_as_libsrtp_does_over_a_roll_over(profile: str, side: str) -> None:
    case = Case(profile, side)
    for number in range(PACKETS):
        sequence = 65_400 + number
        packet = case.rtp(sequence)
        sealed = case.sealing.protect(packet)
        case.ask(f"seal-rtp {sequence} {packet.hex()}", sealed)
        case.ask(f"seal-rtp {sequence} {packet.hex()}", "Reused")
        if number % 4 == 0:
            case.ask(f"open-rtp {case.damaged(sealed).hex()}", "Forged")
        case.ask(f"open-rtp {sealed.hex()}", packet)
        case.ask(f"open-rtp {sealed.hex()}", "Replayed")
    assert case.answers(profile, side) == case.expected


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("profile", PROFILES)
def test_rtcp_is_sealed_and_opened_as_libsrtp_does(profile: str, side: str) -> None:
    case = Case(profile, side)
    # libsrtp's first index is 1, ours is 0: one packet is thrown away.
    case.ask(f"seal-rtcp {case.report(0).hex()}", None)
    for number in range(REPORTS):
        report = case.report(number)
        sealed = case.sealing.protect_rtcp(report)
        case.ask(f"seal-rtcp {report.hex()}", sealed)
        case.ask(f"open-rtcp {sealed[:-1].hex()}", None)
        case.ask(f"open-rtcp {sealed.hex()}", report)
        case.ask(f"open-rtcp {sealed.hex()}", "Replayed")
    answers = case.answers(profile, side)
    assert len(answers) == len(case.expected)
    wrong = [
        (line, answer)
        for line, answer, expected in zip(case.lines, answers, case.expected, strict=True)
        if expected is not None and answer != expected
    ]
    assert not wrong
