"""A configuration that cannot be used says what is wrong, where, and what is expected."""

import ast
import dataclasses
import inspect
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.app import config as config_module
from gateway.app.config import Config, HttpConfig, LogLevel, MediaConfig
from gateway.app.config_read import ConfigError, Problem, read_config
from gateway.model.room import RoomMode


@dataclass(frozen=True, slots=True)
class PhoneConfig:
    """Stands for an adapter's own section."""

    number: str
    rings: int = 3
    tones: tuple[str, ...] = ()
    gain: float = 1.0


def load(tmp_path: Path, text: str, environment: dict[str, str] | None = None, **sections: type) -> Config:
    path = tmp_path / "crosspatch.toml"
    path.write_text(text)
    return read_config(path, environment or {}, sections)


def problems(tmp_path: Path, text: str, environment: dict[str, str] | None = None) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, text, environment)
    return raised.value.problems


def test_without_a_file_everything_listens_on_loopback_with_two_rooms() -> None:
    config = read_config(None, {}, {})
    assert (config.http.listen, config.http.port) == ("127.0.0.1", 8080)
    assert [(room.id, room.mode) for room in config.rooms] == [
        ("ops", RoomMode.TALKGROUP),
        ("command", RoomMode.CONFERENCE),
    ]


def test_a_file_sets_what_it_names_and_leaves_the_rest(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        """
        [http]
        port = 9000
        [media]
        listen = ["127.0.0.1", "::1"]
        forwarding = false
        [log]
        level = "debug"
        [[rooms]]
        id = "fire"
        mode = "broadcast"
        """,
    )
    assert config.http == HttpConfig(port=9000)
    assert config.media == MediaConfig(listen=("127.0.0.1", "::1"), forwarding=False)
    assert config.log.level is LogLevel.DEBUG
    assert [(room.id, room.spec().name, room.mode) for room in config.rooms] == [
        ("fire", "fire", RoomMode.BROADCAST)
    ]


def test_an_adapters_section_is_read_into_its_own_type(tmp_path: Path) -> None:
    config = load(tmp_path, '[phone]\nnumber = "112"\ntones = ["a"]\ngain = 2', phone=PhoneConfig)
    assert config.section("phone") == PhoneConfig("112", tones=("a",), gain=2.0)


def test_an_environment_variable_stands_over_the_file(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        "[http]\nport = 9000",
        {
            "CROSSPATCH_HTTP_PORT": "9001",
            "CROSSPATCH_MEDIA_SHARDS": "3",
            "CROSSPATCH_MEDIA_FORWARDING": "false",
            "CROSSPATCH_MEDIA_LISTEN": "127.0.0.1, ::1",
            "CROSSPATCH_STORE_DIR": "elsewhere",
        },
    )
    assert config.http.port == 9001
    assert config.media == MediaConfig(shards=3, forwarding=False, listen=("127.0.0.1", "::1"))
    assert config.store.dir == Path("elsewhere")


def test_an_unknown_key_is_named_with_the_likely_right_one(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "[http]\nprot = 1")
    assert problem.where.endswith("crosspatch.toml")
    assert (problem.key, problem.found) == ("[http] prot", "an unknown key")
    assert "listen" in problem.expected
    assert problem.hint == 'did you mean "port"?'


def test_an_unknown_section_is_named_with_the_likely_right_one(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "[medai]\nport = 1")
    assert (problem.key, problem.hint) == ("[medai]", 'did you mean "media"?')


def test_a_variable_with_an_unknown_key_is_named_itself(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "", {"CROSSPATCH_MEDIA_SHARD": "3"})
    assert (problem.where, problem.hint) == ("CROSSPATCH_MEDIA_SHARD", 'did you mean "shards"?')


def test_a_variable_of_no_section_is_not_ours() -> None:
    assert read_config(None, {"CROSSPATCH_E2E_BROWSER": "x", "HOME": "/"}, {}).http == HttpConfig()


@pytest.mark.parametrize(
    ("text", "key", "found", "expected"),
    [
        ('[http]\nport = "80"', "[http] port", "'80'", "a whole number"),
        ("[http]\nport = true", "[http] port", "True", "a whole number"),
        ("[http]\nport = 70000", "[http] port", "70000", "0 to 65535"),
        ('[http]\nlisten = "here"', "[http] listen", "'here'", "an IP address, such as 127.0.0.1 or 0.0.0.0"),
        ('[media]\nforwarding = "no"', "[media] forwarding", "'no'", "true or false"),
        ('[media]\nlisten = "127.0.0.1"', "[media] listen", "'127.0.0.1'", "a list, each text"),
        ('[media]\nannounce = ["hub"]', "[media] announce", "'hub'", "IP addresses"),
        ('[log]\nlevel = "loud"', "[log] level", "'loud'", "one of debug, error, info, warning"),
        ("[limits]\nlegs = 0", "[limits] legs", "0", "at least 1"),
        ('[http]\ncert = "none.pem"\nkey = "none.pem"', "[http] cert", "no file none.pem", "a PEM file"),
        ("rooms = 3", "rooms", "3", "one or more [[rooms]] tables"),
        ("http = 3", "http", "3", "a section [http]"),
        ("[[rooms]]\nname = 'x'", "[[rooms]] 1 id", "nothing", "text"),
        ("[[rooms]]\nid = 'A'", "[[rooms]] 1 id", "'A'", "a-z, 0-9 and -, at most 63, such as fire-north"),
        ("[[rooms]]\nid = 'a'\n[[rooms]]\nid = 'a'", "[[rooms]] 2 id", "'a'", "an id that no other room has"),
        (
            "[[rooms]]\nid = 'a'\ntalk_limit_ms = 0",
            "[[rooms]] 1 talk_limit_ms",
            "0",
            "at least 1 (0 in a conference only)",
        ),
    ],
)
def test_a_wrong_value_is_named_with_what_is_expected(
    tmp_path: Path, text: str, key: str, found: str, expected: str
) -> None:
    first = problems(tmp_path, text)[0]
    assert (first.key, first.found, first.expected) == (key, found, expected)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    told = problems(tmp_path, "[http]\nprot = 1\n[limits]\nlegs = 0\n[nothing]\n")
    assert {problem.key for problem in told} == {"[http] prot", "[limits] legs", "[nothing]"}


@pytest.mark.parametrize(
    ("content", "found"),
    [(b"[http\n", "a syntax error"), (b'name = "\xff"', "a byte that is not UTF-8 at offset 8")],
)
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, content: bytes, found: str) -> None:
    path = tmp_path / "crosspatch.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as raised:
        read_config(path, {}, {})
    assert raised.value.problems[0].found.startswith(found)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no readable file"):
        read_config(tmp_path / "none.toml", {}, {})


@pytest.mark.parametrize("listen", ["0.0.0.0", "::", "192.0.2.7"])  # noqa: S104 - to be refused
def test_plain_http_beyond_loopback_is_refused_with_the_command_to_type(tmp_path: Path, listen: str) -> None:
    (problem,) = problems(tmp_path, f'[http]\nlisten = "{listen}"')
    assert problem.hint.startswith("type: crosspatch cert --host NAME")


def test_plain_http_behind_a_named_proxy_is_fine(tmp_path: Path) -> None:
    assert load(tmp_path, '[http]\nlisten = "0.0.0.0"\nproxy = "192.0.2.1"').http.proxy == "192.0.2.1"


def test_tls_beyond_loopback_is_fine(tmp_path: Path) -> None:
    for name in ("host.crt", "host.key"):
        (tmp_path / name).touch()
    text = f'[http]\nlisten = "0.0.0.0"\ncert = "{tmp_path}/host.crt"\nkey = "{tmp_path}/host.key"'
    assert load(tmp_path, text).http.cert == tmp_path / "host.crt"


def test_another_configuration_has_another_digest(tmp_path: Path) -> None:
    assert Config().digest == read_config(None, {}, {}).digest
    assert load(tmp_path, "[http]\nport = 1").digest != Config().digest


def test_every_setting_documents_itself() -> None:
    tree = ast.parse(inspect.getsource(config_module))
    sections = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name.endswith("Config")]
    assert sections
    for section in sections:
        cls = getattr(config_module, section.name)
        documented = {
            named.target.id
            for named, text in zip(section.body, section.body[1:], strict=False)
            if isinstance(named, ast.AnnAssign)
            and isinstance(named.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        }
        undocumented = {field.name for field in dataclasses.fields(cls)} - documented
        assert undocumented <= ({"http", "media", "store", "limits", "log"} if cls is Config else set())
