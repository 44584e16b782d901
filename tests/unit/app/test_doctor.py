"""``crosspatch doctor``: each thing that can be wrong is made wrong, and it says what to do."""

import datetime as dt
import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.app.cert import issue
from gateway.app.cli import main
from gateway.app.doctor import examine, worst
from gateway.ports.checkup import Check, Verdict, ok
from sim.gateway import free_port

DEADLINE_S = 30.0


@pytest.fixture(autouse=True)
def in_a_directory_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("var").mkdir(mode=0o700)


def doctor(toml: str = "", **environment: str) -> Result:
    port = free_port(socket.SOCK_STREAM, 1)
    Path("c.toml").write_text(toml if "[http]" in toml else f"[http]\nport = {port}\n{toml}")
    return CliRunner().invoke(main, ("doctor", "--config", "c.toml"), env=environment)


def line(result: Result, check: str, verdict: str) -> str:
    """The one line of that check and verdict."""
    found = [row for row in result.output.splitlines() if row.startswith(f"{verdict:<4}  {check}: ")]
    assert len(found) == 1, result.output
    return found[0]


def program(*prefix: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own, where a limit of the process is the story."""
    Path("c.toml").write_text("[http]\nport = 0\n")
    root = str(Path(__file__).parents[3])
    return subprocess.run(
        [*prefix, sys.executable, "-m", "gateway", "doctor", "--config", "c.toml"],
        env=os.environ | {"PYTHONPATH": root} | environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


def with_certificate(*, days_ago: float = 0.0) -> str:
    issued = issue(Path("tls"), ["hub.example"], dt.datetime.now(dt.UTC) - dt.timedelta(days=days_ago))
    return f'[http]\nport = 0\ncert = "{issued.cert}"\nkey = "{issued.key}"\n'


def test_a_machine_on_which_nothing_fails_is_not_called_broken() -> None:
    result = doctor()
    assert result.exit_code in {0, 1}, result.output  # a container's clock may be nobody's
    assert "fail" not in result.output
    assert "ours alone" in line(result, "data directory", "ok")
    assert "starts and stops" in line(result, "native core", "ok")


def test_every_error_of_a_configuration_stands_in_a_line_with_what_to_do() -> None:
    result = doctor('[http]\nprot = 1\n[store]\ndri = "x"\n')
    assert result.exit_code == 2
    told = [row for row in result.output.splitlines() if row.startswith("fail  configuration: ")]
    assert len(told) == 2
    assert 'did you mean "port"?' in told[0]
    assert "native core" in result.output


def test_a_configuration_that_is_not_there_is_said_to_be_not_there() -> None:
    result = CliRunner().invoke(main, ("doctor", "--config", "nowhere.toml"))
    assert result.exit_code == 2
    assert "nowhere.toml: found no readable file" in line(result, "configuration", "fail")


def test_a_broken_rule_does_not_keep_the_rest_from_being_looked_at() -> None:
    result = doctor('[http]\nlisten = "0.0.0.0"\nport = 0\n')
    assert "crosspatch cert --host NAME" in line(result, "configuration", "fail")
    assert "crosspatch cert --host NAME" in line(result, "certificate", "fail")


def test_a_data_directory_that_others_can_enter_is_named() -> None:
    Path("var").chmod(0o755)
    assert "chmod 700" in line(doctor(), "data directory", "warn")


def test_a_file_in_the_place_of_the_data_directory_is_named() -> None:
    Path("a-file").write_text("")
    assert "is no directory" in line(doctor('[store]\ndir = "a-file"\n'), "data directory", "fail")


def test_a_disk_that_cannot_hold_what_the_spool_may_grow_to_is_named() -> None:
    result = doctor(f"[store]\nspool_bytes_max = {1 << 60}\n")
    assert "lower [store] spool_bytes_max" in line(result, "disk", "warn")


def test_a_store_of_another_version_is_named() -> None:
    with closing(sqlite3.connect("var/log.sqlite")) as database, database:
        database.execute("CREATE TABLE schema (version INTEGER NOT NULL)")
        database.execute("INSERT INTO schema VALUES (99)")
    assert "has schema version 99" in line(doctor(), "store", "fail")


def test_a_store_that_is_no_database_is_named() -> None:
    Path("var/log.sqlite").write_bytes(b"not a database" * 1000)
    assert "restore a backup" in line(doctor(), "store", "fail")


def test_a_damaged_store_is_named() -> None:
    with closing(sqlite3.connect("var/log.sqlite")) as database, database:
        database.execute("CREATE TABLE schema (version INTEGER NOT NULL)")
        database.execute("INSERT INTO schema VALUES (1)")
        database.execute("CREATE TABLE record (payload BLOB)")
        database.executemany("INSERT INTO record VALUES (?)", [(bytes(2000),)] * 50)
    whole = Path("var/log.sqlite").read_bytes()
    Path("var/log.sqlite").write_bytes(whole[:16384] + b"\xff" * 8192 + whole[24576:])
    assert "cannot be read" in line(doctor(), "store", "fail")


def test_a_certificate_is_told_with_its_names_and_its_end() -> None:
    told = line(doctor(with_certificate()), "certificate", "ok")
    assert "for hub.example, localhost, 127.0.0.1, until 20" in told


@pytest.mark.parametrize(
    ("days_ago", "verdict", "told"),
    [(900, "fail", "it has expired"), (810, "warn", "it expires soon"), (-2, "fail", "not valid before")],
)
def test_a_certificate_at_the_wrong_time_is_named(days_ago: float, verdict: str, told: str) -> None:
    assert told in line(doctor(with_certificate(days_ago=days_ago)), "certificate", verdict)


def test_a_key_that_others_can_read_is_named() -> None:
    toml = with_certificate()
    Path("tls/host.key").chmod(0o644)
    assert "chmod 600 tls/host.key" in line(doctor(toml), "certificate", "fail")


def test_a_key_of_another_certificate_is_named() -> None:
    toml = with_certificate()
    key = Path("tls/host.key").read_bytes()
    with_certificate()
    Path("tls/host.key").write_bytes(key)
    assert "is not the key of" in line(doctor(toml), "certificate", "fail")


def test_a_port_that_somebody_has_is_named_with_the_command_that_shows_who() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as somebody:
        port = somebody.getsockname()[1]
        told = line(doctor(f"[http]\nport = {port}\n"), f"port {port}/tcp", "fail")
    assert f"ss -ltnp 'sport = :{port}'" in told


def test_a_media_port_and_a_phone_port_that_somebody_has_are_named() -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as somebody:
        somebody.bind(("127.0.0.1", 0))
        port = somebody.getsockname()[1]
        media = doctor(f"[media]\nport = {port}\nshards = 1\n")
        phones = doctor(f'[sip]\nlisten_udp = ["127.0.0.1:{port}"]\n')
    assert "[media] port" in line(media, f"port {port}/udp", "fail")
    assert "[sip] listen_udp" in line(phones, f"port {port}/udp", "fail")


def test_an_address_that_is_not_of_this_machine_is_named() -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    result = doctor(f'[media]\nlisten = ["192.0.2.77"]\nport = {port}\nshards = 1\n')
    assert "no interface of this machine" in line(result, f"port {port}/udp", "fail")


def test_a_password_file_that_is_missing_empty_or_open_is_named_and_nobodys_number() -> None:
    Path("open").write_text("verysecret\n")
    Path("open").chmod(0o644)
    Path("empty").touch(mode=0o600)
    users = "".join(
        f'[[sip.users]]\nnumber = "{number}"\nname = "Ann Onymous"\npassword_file = "{file}"\n'
        for number, file in (("4711", "open"), ("4712", "empty"), ("4713", "missing"))
    )
    result = doctor(f'[sip]\nlisten_udp = ["127.0.0.1:0"]\n{users}')
    told = [row for row in result.output.splitlines() if row.startswith("fail  sip passwords: ")]
    assert ["chmod 600 open" in told[0], "first line" in told[1], "missing" in told[2]] == [True] * 3
    assert not any(private in result.output for private in ("verysecret", "Ann", "471"))


def test_a_trunk_whose_name_is_nobodys_is_named() -> None:
    trunk = '[[sip.trunks]]\nname = "office"\nhost = "pbx.invalid"\n'
    result = doctor(f'[sip]\nlisten_udp = ["127.0.0.1:0"]\n{trunk}')
    assert "pbx.invalid has no address" in line(result, "trunk office", "fail")


def test_a_trunk_that_takes_no_connections_is_named() -> None:
    port = free_port(socket.SOCK_STREAM, 1)
    trunk = f'[[sip.trunks]]\nname = "office"\nhost = "127.0.0.1"\ntransport = "tcp"\nport = {port}\n'
    result = doctor(f'[sip]\nlisten_tcp = ["127.0.0.1:0"]\n{trunk}')
    assert f"nobody answers at port {port}" in line(result, "trunk office", "fail")


def test_a_turn_server_that_is_not_there_is_named() -> None:
    Path("turn").touch(mode=0o600)
    Path("turn").write_text("verysecret\n")
    port = free_port(socket.SOCK_DGRAM, 1)
    result = doctor(f'[web]\nturn_urls = ["turn:127.0.0.1:{port}"]\nturn_secret_file = "turn"\n')
    assert "cannot be reached" in line(result, f"server turn:127.0.0.1:{port}", "fail")
    assert "verysecret" not in result.output


def test_a_broker_that_is_not_there_is_named() -> None:
    port = free_port(socket.SOCK_STREAM, 1)
    channel = '[[radio.channels]]\nbridge = "hill"\nchannel = "vhf1"\nroom = "ops"\n'
    result = doctor(f'[radio]\nbroker = "mqtt://127.0.0.1:{port}"\n{channel}')
    assert f"127.0.0.1 port {port} cannot be reached" in line(result, "radio broker", "fail")


def test_a_time_zone_that_no_place_has_is_named() -> None:
    assert "Mars/Olympus" in line(doctor(TZ="Mars/Olympus"), "time zones", "warn")


def test_a_process_that_may_open_too_few_files_is_told_how_many_it_needs() -> None:
    told = program("sh", "-c", 'ulimit -n 512; exec "$@"', "sh").stdout
    assert "open files: up to 512, 5024 are wanted" in told


def test_a_user_without_large_buffers_is_told_the_setting() -> None:
    may_not = ("setpriv", "--bounding-set=-net_admin") if os.geteuid() == 0 else ()
    few = int(Path("/proc/sys/net/core/rmem_max").read_text()) < 4 << 20  # else everybody has enough
    assert ("sysctl -w net.core.rmem_max=4194304" in program(*may_not).stdout) is few


def test_the_json_form_says_the_same() -> None:
    Path("var").chmod(0o755)
    Path("c.toml").write_text("[http]\nport = 0\n")
    result = CliRunner().invoke(main, ("doctor", "--json", "--config", "c.toml"))
    rows = json.loads(result.output)
    directory = next(row for row in rows if row["check"] == "data directory")
    assert (result.exit_code, directory["verdict"]) == (1, "warn")
    assert directory["remedy"].startswith("type: chmod 700")


def test_it_changes_nothing() -> None:
    with closing(sqlite3.connect("var/log.sqlite")) as database:
        database.execute("PRAGMA journal_mode=WAL")
    before = {path: path.stat().st_mtime_ns for path in Path().rglob("*") if path.name != "c.toml"}
    doctor()
    assert {path: path.stat().st_mtime_ns for path in Path().rglob("*") if path.name != "c.toml"} == before


def test_a_check_that_hangs_is_given_up_and_the_others_are_told() -> None:
    never = threading.Event()
    checks = [
        Check("hangs", lambda: [ok("late")] if never.wait() else [], 0.2),
        Check("answers", lambda: [ok("soon")]),
        Check("is faulty", lambda: [ok(str(1 // 0))]),
    ]
    began = time.monotonic()
    lines = examine(checks)
    assert time.monotonic() - began < DEADLINE_S
    assert [row.finding.verdict for row in lines] == [Verdict.FAIL, Verdict.OK, Verdict.FAIL]
    assert "no answer" in str(lines[0])
    assert worst(lines) is Verdict.FAIL
    never.set()
