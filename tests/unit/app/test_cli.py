"""The command line, as a person types it."""

import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.app.cli import main
from gateway.app.duration import parse_duration_s
from gateway.app.tokens import Tokens
from gateway.model.grants import Grants, Verb
from gateway.model.ids import RoomId


@pytest.fixture(autouse=True)
def in_a_directory_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def crosspatch(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def granted(result: Result) -> Grants:
    assert result.exit_code == 0, result.output
    grants = Tokens(Path("var")).grants(result.output.strip(), time.time())
    assert isinstance(grants, Grants)
    return grants


def test_a_token_carries_what_was_asked_for() -> None:
    grants = granted(crosspatch("token", "--room", "ops", "--grants", "listen,talk", "--ttl", "2h"))
    assert grants.verbs == {Verb.LISTEN, Verb.TALK}
    assert grants.rooms == {RoomId("ops")}
    assert abs(grants.expires_at - time.time() - 7200) < 60


def test_a_star_stands_for_every_room() -> None:
    assert granted(crosspatch("token", "--room", "*", "--grants", "dispatch")).rooms is None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--room", "opps", "--grants", "talk"), "no room 'opps'; there are command, ops"),
        (("--room", "ops", "--grants", "shout"), "one of listen, talk"),
        (("--room", "ops", "--grants", "talk", "--ttl", "soon"), "expected a time such as 90s"),
    ],
)
def test_a_token_that_cannot_be_made_says_what_is_expected(words: tuple[str, ...], told: str) -> None:
    result = crosspatch("token", *words)
    assert result.exit_code == 2
    assert told in result.output


def test_check_config_exits_2_and_names_what_is_wrong() -> None:
    Path("bad.toml").write_text("[http]\nprot = 1\n")
    result = crosspatch("check-config", "--config", "bad.toml")
    assert result.exit_code == 2
    assert "bad.toml: [http] prot: found an unknown key" in result.output
    assert 'hint: did you mean "port"?' in result.output


def test_check_config_says_ok() -> None:
    Path("good.toml").write_text("[http]\nport = 9000\n")
    result = crosspatch("check-config", "--config", "good.toml")
    assert (result.exit_code, result.output.startswith("ok: good.toml")) == (0, True)


def test_run_with_a_configuration_that_cannot_be_used_exits_2() -> None:
    Path("bad.toml").write_text('[http]\nlisten = "0.0.0.0"\n')
    result = crosspatch("run", "--config", "bad.toml")
    assert result.exit_code == 2
    assert "crosspatch cert --host NAME" in result.output


def test_the_certificate_that_a_configuration_asks_for_can_be_made_with_that_configuration() -> None:
    Path("lan.toml").write_text(
        '[http]\nlisten = "0.0.0.0"\ncert = "var/tls/host.crt"\nkey = "var/tls/host.key"\n'
    )
    assert crosspatch("check-config", "--config", "lan.toml").exit_code == 2
    assert crosspatch("cert", "--config", "lan.toml", "--host", "hub.local").exit_code == 0
    assert crosspatch("check-config", "--config", "lan.toml").exit_code == 0


def test_a_key_that_others_can_read_is_a_line_not_a_traceback() -> None:
    crosspatch("token", "--room", "ops", "--grants", "talk")
    Path("var/token.key").chmod(0o644)
    result = crosspatch("token", "--room", "ops", "--grants", "talk")
    assert result.exit_code == 1
    assert result.output.startswith("Error:")
    assert "chmod 600" in result.output


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30m", 1800), ("12h", 43_200), ("7d", 604_800)])
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert parse_duration_s(text) == seconds


@pytest.mark.parametrize("text", ["", "1", "h", "0h", "-1h", "1 h", "1.5h", "1w", "9999999999s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a time such as"):
        parse_duration_s(text)
