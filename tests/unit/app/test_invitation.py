"""Under which address somebody else is let in, and by which page."""

import datetime as dt
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.app.cert import issue
from gateway.app.cli import main
from gateway.app.invitation import checked_base

WORDS = ("token", "--grants", "listen,talk", "--ttl", "8h")


@pytest.fixture(autouse=True)
def in_a_directory_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def asked(*more: str, http: str = "") -> Result:
    Path("crosspatch.toml").write_text(f"[http]\n{http}")
    return CliRunner().invoke(main, (*WORDS, "--config", "crosspatch.toml", *more))


def on_a_lan(*hosts: str, port: int = 8443) -> str:
    issued = issue(Path("tls"), hosts, dt.datetime.now(dt.UTC))
    return f'listen = "0.0.0.0"\nport = {port}\ncert = "{issued.cert}"\nkey = "{issued.key}"\n'


def test_a_link_begins_with_the_first_name_of_the_certificate_that_others_reach() -> None:
    http = on_a_lan("localhost", "gateway.example.lan", "192.0.2.10")
    result = asked("--room", "ops", "--qr", http=http)
    assert result.output.splitlines()[-1].startswith("https://gateway.example.lan:8443/r/ops#token="), (
        result.output
    )


def test_an_ipv6_address_of_the_certificate_stands_in_brackets() -> None:
    result = asked("--room", "ops", "--qr", http=on_a_lan("2001:db8::7"))
    assert result.output.splitlines()[-1].startswith("https://[2001:db8::7]:8443/r/ops#token=")


@pytest.mark.parametrize("rooms", [("--room", "*"), ("--room", "ops", "--room", "command")])
def test_a_link_for_several_rooms_opens_the_console(rooms: tuple[str, ...]) -> None:
    result = asked(*rooms, "--base-url", "https://hub.example/")
    assert result.output.startswith("https://hub.example/join/")


def test_a_gateway_that_only_this_machine_reaches_says_what_to_configure() -> None:
    result = asked("--room", "ops", "--qr")
    assert result.exit_code == 1
    assert "listens on 127.0.0.1" in result.output
    assert "crosspatch cert --host NAME" in result.output
    assert "--base-url" in result.output


@pytest.mark.parametrize(
    ("http", "told"),
    [
        ('listen = "192.0.2.10"\nproxy = "192.0.2.20"\n', "a proxy, whose name is not known here"),
        ("certified for nobody", "names localhost, 127.0.0.1, nothing that another machine can open"),
        ("certified, any port", "[http] port is any free one"),
    ],
)
def test_an_address_that_cannot_be_known_has_to_be_typed(http: str, told: str) -> None:
    if http == "certified for nobody":
        http = on_a_lan("localhost")
    elif http == "certified, any port":
        http = on_a_lan("gateway.example.lan", port=0)
    result = asked("--room", "ops", "--qr", http=http)
    assert result.exit_code == 1
    assert told in result.output
    assert "--base-url" in result.output


@pytest.mark.parametrize(
    "url",
    [
        *("gateway.example.lan:8443", "ftp://hub.example", "https://", "https://ann@hub.example"),
        *("https://hub.example/r/ops", "https://hub.example/?a=b", "https://hub.example:99999"),
        *("http://hub.example:8080", "https://hub.example:0", "https://[hub"),
    ],
)
def test_a_typed_address_that_leads_to_no_page_with_a_microphone_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        checked_base(url)
    result = asked("--room", "ops", "--base-url", url)
    assert result.exit_code == 2
    assert "--base-url" in result.output


def test_the_file_of_a_code_is_for_its_owner_only_and_never_written_over() -> None:
    words = ("--room", "ops", "--qr-file", "ann.svg", "--base-url", "https://hub.example")
    assert asked(*words).exit_code == 0
    drawn = Path("ann.svg").read_bytes()
    assert stat.S_IMODE(Path("ann.svg").stat().st_mode) == 0o600
    again = asked(*words)
    assert again.exit_code == 1
    assert "ann.svg is there already" in again.output
    assert Path("ann.svg").read_bytes() == drawn
