"""``crosspatch doctor`` beside a running gateway, a real Mosquitto and a real TURN server."""

import asyncio
import datetime as dt
import socket
import sys
from pathlib import Path

from adapters.radio.broker import EmbeddedBroker
from gateway.app.cert import issue
from sim.gateway import CROSSPATCH, free_port, gateway
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
        assert f"ok    server {relay.url}: answers" in said
        assert "of-this-story-alone" not in said
