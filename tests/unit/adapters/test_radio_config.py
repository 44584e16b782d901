"""[radio]: closed by default, clear about what is wrong; and the hub's epoch."""

import re
from pathlib import Path
from typing import Any

import pytest

from adapters.radio.broker_choice import external
from adapters.radio.config import RadioChannel, RadioConfig, address
from adapters.radio.epoch import next_epoch
from gateway.ports.media import PhoneCodec


def channel(**more: object) -> RadioChannel:
    given: dict[str, Any] = {"bridge": "hill", "channel": "vhf1", "room": "ops"}
    return RadioChannel(**given | more)


def test_nothing_is_transmitted_unless_somebody_says_so() -> None:
    assert (channel().rx, channel().tx) == (True, False)
    assert RadioConfig().channels == ()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"bridge": "Hill"}, "a-z, 0-9 and -"),
        ({"bridge": "hub"}, "no bridge called hub"),
        ({"channel": ""}, "a-z, 0-9 and -"),
        ({"codec": PhoneCodec.G722}, "opus or PCMU"),
        ({"priority": 192}, "priority: 0 to 191"),
        ({"late_ms": 49}, "late_ms: 50 to 2000"),
        ({"watchdog_ms": 0}, "watchdog_ms: 100 to 2000"),
        ({"tot_ms": 0}, "tot_ms: 1000 to 600000"),
    ],
)
def test_a_channel_says_what_is_wrong_with_it(more: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        channel(**more)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"channels": (channel(), channel(room="command"))}, "one entry for channel hill/vhf1"),
        ({"channels": tuple(channel(channel=f"c{n}") for n in range(17))}, "at most 16 channels"),
        ({"channels": tuple(channel(bridge=f"b{n}") for n in range(65))}, "at most 64 bridges"),
        ({"channels": (channel(bridge="hub-ctl"),)}, "no bridge called hub-ctl"),
        (
            {"broker": "mqtt://example.org", "control_user": "desk", "channels": (channel(bridge="desk"),)},
            "no bridge called desk",
        ),
        ({"broker": "http://example.org"}, "mqtts://host:port"),
        ({"broker": "mqtt://user:secret@example.org"}, "password_file"),
        ({"broker": "mqtts://example.org"}, "authorities"),
        ({"broker": "mqtt://example.org", "control_user": "hub"}, "two names"),
        ({"cert": Path("hub.pem")}, "a cert and its key"),
        ({"root": "rb/#"}, "without + and #"),
    ],
)
def test_a_section_says_what_is_wrong_with_it(more: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        RadioConfig(**more)


def test_a_broker_without_a_port_is_at_the_usual_one() -> None:
    assert address("mqtt://example.org") == ("mqtt", "example.org", 1883)
    assert address("mqtts://example.org") == ("mqtts", "example.org", 8883)
    assert address("mqtts://[2001:db8::1]:1") == ("mqtts", "2001:db8::1", 1)


def test_a_password_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("word\nrest\n", encoding="utf-8")
    secret.chmod(0o644)
    config = RadioConfig(broker="mqtt://127.0.0.1", password_file=secret)
    with pytest.raises(ValueError, match="chmod 600"):
        external(config)
    secret.chmod(0o600)
    assert external(config).timed.password == "word"
    assert "word" not in repr(external(config))


def test_every_start_of_the_hub_has_a_greater_epoch(tmp_path: Path) -> None:
    path = tmp_path / "radio" / "epoch"
    first, second = next_epoch(path), next_epoch(path)
    assert second > first
    path.write_text("9000000000", encoding="ascii")
    assert next_epoch(path) == 9_000_000_001
    path.write_text("torn", encoding="ascii")
    assert next_epoch(path) >= first
