"""``crosspatch doctor`` beside a running gateway, a real Mosquitto and a real TURN server."""

import asyncio
import datetime as dt
import socket
import sys
from pathlib import Path

import pytest

from adapters.radio.broker import EmbeddedBroker
from gateway.app.cert import issue
from sim.gateway import CROSSPATCH, free_port, gateway
from sim.radio.mosquitto import Authority, tls_broker
from sim.turn import turn

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 30.0


async def doctor(folder: Path, toml: str, *words: str, **environment: str) -> tuple[int | None, str]:
    """Its exit code and what it says."""
    config = folder / "doctor.toml"
    config.write_text(toml)
    assignments = [f"{name}={value}" for name, value in environment.items()]
    process = await asyncio.create_subprocess_exec(
        *("env", *assignments, *CROSSPATCH, "doctor", "--config", str(config), *words),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=sys.stderr,
    )
    out, _ = await asyncio.wait_for(process.communicate(), DEADLINE_S)
    return process.returncode, out.decode()


async def test_doors_of_a_running_gateway_are_told_from_those_that_another_program_has(
    tmp_path: Path,
) -> None:
    async with gateway(tmp_path, shards=2) as hub:
        config = (tmp_path / "crosspatch.toml").read_text()
        code, said = await doctor(tmp_path, config)
        port = hub.url.rpartition(":")[2]
        assert f"port {port}/tcp: [http] port: 127.0.0.1 port {port} is held by the running gateway" in said
        assert said.count("is held by the running gateway") == 3
        assert f"process {hub.pid}" in said
        assert "schema version 1, read through" in said
        assert code in {0, 1}, said
        elsewhere = str(free_port(socket.SOCK_STREAM, 1))
        code, said = await doctor(tmp_path, config, CROSSPATCH_HTTP_PORT=elsewhere)
        assert "is free although process" in said
        assert code == 2
    _, said = await doctor(tmp_path, config)
    assert f"port {port}/tcp: [http] port: 127.0.0.1 port {port} is free" in said


async def test_a_broker_is_asked_for_every_right_and_a_missing_one_is_named(tmp_path: Path) -> None:
    async with EmbeddedBroker(tmp_path / "broker", ("hill",)) as broker:
        for name in ("hub", "hub-ctl", "hill"):
            (tmp_path / name).touch(mode=0o600)
            (tmp_path / name).write_text(f"{broker.logins[name].password}\n")

        async def asked(control: str, password: str, *words: str) -> tuple[int | None, str]:
            return await doctor(
                tmp_path,
                f'[http]\nport = 0\n[store]\ndir = "{tmp_path}/var"\n'
                f'[radio]\nbroker = "mqtt://127.0.0.1:{broker.port}"\n'
                f'password_file = "{tmp_path}/hub"\ncontrol_user = "{control}"\n'
                f'control_password_file = "{tmp_path}/{password}"\n'
                '[[radio.channels]]\nbridge = "lake"\nchannel = "vhf1"\nroom = "ops"\n',
                *words,
            )

        code, said = await asked("hub-ctl", "hub-ctl", "--sign-in")
        assert said.count("may read rb/1/# and write there") == 2
        assert code in {0, 1}, said
        code, said = await asked("hub-ctl", "hill", "--sign-in")
        assert "radio broker as hub-ctl: the broker says: Not authorized" in said
        assert code == 2
        code, said = await asked("hill", "hill", "--sign-in")
        assert "radio broker as hill: its access list forbids writing rb/1/+/dn/cfg" in said
        assert code == 2
        _, said = await asked("hub-ctl", "hill")
        assert "radio broker's rights: not tried" in said
        assert not any(login.password in said for login in broker.logins.values())


@pytest.mark.parametrize(
    ("authority", "password", "told"),
    [
        ("ours", "right", "ok    radio broker as hub: may read rb/1/# and write there"),
        ("theirs", "right", "answers, TLS fails (CERTIFICATE_VERIFY_FAILED); [radio] authorities must be"),
        (
            "ours",
            "wrong",
            "the broker says: Not authorized; look at user hub's password or certificate there",
        ),
    ],
)
async def test_a_broker_behind_tls_is_told_from_one_that_we_do_not_believe_and_one_that_refuses_us(
    tmp_path: Path, authority: str, password: str, told: str
) -> None:
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
    authorities = {name: Authority(tmp_path / name) for name in ("ours", "theirs")}
    passwords = {"hub": "of-this-story", "hub-ctl": "of-this-story-too"}
    for name in ("hub", "hub-ctl", "wrong"):
        (tmp_path / name).touch(mode=0o600)
        (tmp_path / name).write_text(f"{passwords.get(name, 'of-another-story')}\n")
    async with tls_broker(tmp_path / "ours", authorities["ours"], passwords) as port:
        code, said = await doctor(
            tmp_path,
            f'[http]\nport = 0\n[store]\ndir = "{tmp_path}/var"\n'
            f'[radio]\nbroker = "mqtts://127.0.0.1:{port}"\n'
            f'authorities = "{authorities[authority].certificate}"\n'
            f'password_file = "{tmp_path}/{"hub" if password == "right" else "wrong"}"\n'
            f'control_password_file = "{tmp_path}/hub-ctl"\n'
            '[[radio.channels]]\nbridge = "lake"\nchannel = "vhf1"\nroom = "ops"\n',
            "--sign-in",
        )
    assert told in said, said
    assert (code == 2) is (told[:2] != "ok")
    assert not any(secret in said for secret in (*passwords.values(), "of-another-story"))


async def test_a_turn_server_that_browsers_cannot_believe_is_told_from_one_they_can(tmp_path: Path) -> None:
    issued = issue(tmp_path / "ca", ["127.0.0.1"], dt.datetime.now(dt.UTC))
    (tmp_path / "secret").touch(mode=0o600)
    (tmp_path / "secret").write_text("of-this-story-alone\n")
    port = free_port(socket.SOCK_STREAM, 1)
    relay_port = free_port(socket.SOCK_DGRAM, 2)
    async with turn(
        tmp_path,
        address="127.0.0.1",
        tls_port=port,
        relay_ports=(relay_port, relay_port + 1),
        secret="of-this-story-alone",
        cert=issued.cert,
        key=issued.key,
    ) as relay:
        toml = (
            f'[http]\nport = 0\n[store]\ndir = "{tmp_path}/var"\n'
            f'[web]\nturn_urls = ["{relay.url}"]\nturn_secret_file = "{tmp_path}/secret"\n'
        )
        _, said = await doctor(tmp_path, toml)
        assert f"server {relay.url}: answers, but its certificate is not believed here" in said
        _, said = await doctor(tmp_path, toml, SSL_CERT_FILE=str(issued.ca))
        assert f"ok    server {relay.url}: answers and relays for us" in said
        assert "of-this-story-alone" not in said


@pytest.mark.parametrize("secret", ["of-this-story-alone", "of-another-story"])
async def test_a_turn_server_that_relays_for_us_is_told_from_one_that_has_another_secret(
    tmp_path: Path, secret: str
) -> None:
    issued = issue(tmp_path / "ca", ["127.0.0.1"], dt.datetime.now(dt.UTC))
    (tmp_path / "secret").touch(mode=0o600)
    (tmp_path / "secret").write_text(f"{secret}\n")
    tls_port, plain_port = (free_port(socket.SOCK_STREAM, 1) for _ in range(2))
    relay_port = free_port(socket.SOCK_DGRAM, 6)
    async with turn(
        tmp_path,
        address="127.0.0.1",
        tls_port=tls_port,
        relay_ports=(relay_port, relay_port + 5),
        secret="of-this-story-alone",
        cert=issued.cert,
        key=issued.key,
        plain_port=plain_port,
    ) as relay:
        urls = (relay.url, f"turn:127.0.0.1:{plain_port}", f"turn:127.0.0.1:{plain_port}?transport=tcp")
        toml = (
            f'[http]\nport = 0\n[store]\ndir = "{tmp_path}/var"\n'
            f'[web]\nturn_urls = {list(urls)}\nturn_secret_file = "{tmp_path}/secret"\n'
        )
        code, said = await doctor(tmp_path, toml, SSL_CERT_FILE=str(issued.ca))
        ours = secret == "of-this-story-alone"
        told = "answers and relays for us" if ours else "refuses a user name of ours; write its secret"
        assert [told in line for line in said.splitlines() if " server turn" in line] == [True] * 3, said
        assert (code == 2) is not ours
        assert (relay.allocations(), relay.given_back()) == ((3, 3) if ours else (0, 0))
        assert secret not in said
