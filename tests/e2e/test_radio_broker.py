"""The broker that comes with the hub, judged with the real Mosquitto and an ordinary MQTT client."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import pytest

from adapters.radio.broker import BrokerMissing, EmbeddedBroker, find_mosquitto
from adapters.radio.broker_files import Login

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 20.0
AS_A_PLAIN_USER = (
    *("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
    # This Python may lie in a folder that only root reads; nothing else is kept of root.
    *(
        "--inh-caps=-all,+dac_read_search",
        "--ambient-caps=+dac_read_search",
        "--bounding-set=-all,+dac_read_search",
    ),
)


@asynccontextmanager
async def client(broker: EmbeddedBroker, login: Login) -> AsyncIterator[aiomqtt.Client]:
    async with (
        asyncio.timeout(DEADLINE_S),
        aiomqtt.Client(
            broker.host,
            broker.port,
            username=login.username,
            password=login.password,
            protocol=aiomqtt.ProtocolVersion.V5,
            max_queued_incoming_messages=100,
        ) as connected,
    ):
        yield connected


async def heard(listener: aiomqtt.Client) -> tuple[str, object]:
    message = await anext(aiter(listener.messages))
    return str(message.topic), message.payload


async def test_hub_and_bridge_reach_each_other(tmp_path: Path) -> None:
    async with (
        EmbeddedBroker(tmp_path, ("hill",)) as broker,
        client(broker, broker.logins["hub"]) as hub,
        client(broker, broker.logins["hill"]) as bridge,
    ):
        await hub.subscribe("rb/1/+/up/#", qos=1)
        await bridge.subscribe("rb/1/hill/dn/#", qos=1)
        await bridge.subscribe("rb/1/hub/#", qos=1)
        await bridge.publish("rb/1/hill/up/hb", b"up", qos=1)
        assert await heard(hub) == ("rb/1/hill/up/hb", b"up")
        await hub.publish("rb/1/hill/dn/ch/vhf1/tx", b"down", qos=1)
        assert await heard(bridge) == ("rb/1/hill/dn/ch/vhf1/tx", b"down")
        await hub.publish("rb/1/hub/state", b"on", qos=1)
        assert await heard(bridge) == ("rb/1/hub/state", b"on")


async def test_a_bridge_may_neither_speak_for_another_nor_key_anybody(tmp_path: Path) -> None:
    async with (
        EmbeddedBroker(tmp_path, ("hill", "dale")) as broker,
        client(broker, broker.logins["hub"]) as hub,
        client(broker, broker.logins["hill"]) as hill,
    ):
        await hub.subscribe("#", qos=1)
        for topic in ("rb/1/dale/up/hb", "rb/1/hill/dn/ch/vhf1/floor", "rb/1/hub/state", "elsewhere"):
            await hill.publish(topic, b"forbidden", qos=1)
        await hill.publish("rb/1/hill/up/hb", b"allowed", qos=1)
        assert await heard(hub) == ("rb/1/hill/up/hb", b"allowed")


async def test_a_bridge_hears_nothing_of_another(tmp_path: Path) -> None:
    async with (
        EmbeddedBroker(tmp_path, ("hill", "dale")) as broker,
        client(broker, broker.logins["hub"]) as hub,
        client(broker, broker.logins["hill"]) as hill,
    ):
        await hill.subscribe("rb/1/#", qos=1)  # granted, and without effect
        await hub.publish("rb/1/dale/dn/ch/vhf1/tx", b"not for hill", qos=1)
        await hub.publish("rb/1/hill/dn/ch/vhf1/tx", b"for hill", qos=1)
        assert await heard(hill) == ("rb/1/hill/dn/ch/vhf1/tx", b"for hill")


async def test_the_hubs_second_connection_cannot_key(tmp_path: Path) -> None:
    async with (
        EmbeddedBroker(tmp_path, ("hill",)) as broker,
        client(broker, broker.logins["hub-ctl"]) as control,
        client(broker, broker.logins["hill"]) as hill,
    ):
        await hill.subscribe("rb/1/hill/dn/#", qos=1)
        for last in ("hb", "ch/vhf1/floor", "ch/vhf1/tx"):
            await control.publish(f"rb/1/hill/dn/{last}", b"forbidden", qos=1)
        for last in ("cfg", "ch/vhf1/cmd"):
            await control.publish(f"rb/1/hill/dn/{last}", b"allowed", qos=1)
            assert await heard(hill) == (f"rb/1/hill/dn/{last}", b"allowed")


@pytest.mark.parametrize("password", ["", "a guess"])
async def test_nobody_connects_without_the_password(tmp_path: Path, password: str) -> None:
    async with EmbeddedBroker(tmp_path, ("hill",)) as broker:
        with pytest.raises(aiomqtt.MqttError, match="Not authorized"):
            async with client(broker, Login("hill", password)):
                pass


async def test_only_the_owner_can_read_its_files_and_a_bridge_has_one_with_its_url(tmp_path: Path) -> None:
    folder = tmp_path / "radio"
    async with EmbeddedBroker(folder, ("hill",)) as broker:
        modes = {path.name: path.stat().st_mode & 0o777 for path in folder.rglob("*")}
        url = (folder / "bridges" / "hill").read_text().strip()
        login = broker.logins["hill"]
        assert url == f"mqtt://hill:{login.password}@127.0.0.1:{broker.port}"
        passwords = [login.password for login in broker.logins.values()]
        assert not any(password in (folder / "users").read_text() for password in passwords)
    assert modes == {
        "users": 0o600,
        "access": 0o600,
        "mosquitto.conf": 0o600,
        "bridges": 0o700,
        "hill": 0o600,
    }


async def test_a_killed_broker_is_back_on_its_port_with_its_passwords(tmp_path: Path) -> None:
    async with EmbeddedBroker(tmp_path, ()) as broker:
        keeping = asyncio.create_task(broker.keep())
        port, first = broker.port, broker.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        async with asyncio.timeout(DEADLINE_S):
            while broker.pid in {None, first}:  # noqa: ASYNC110 - a process to poll
                await asyncio.sleep(0.01)
        async with asyncio.timeout(DEADLINE_S):
            while True:
                try:
                    async with client(broker, broker.logins["hub"]):
                        break
                except aiomqtt.MqttError:
                    await asyncio.sleep(0.02)
        assert broker.port == port
        assert broker.counters()["restarts_total"] == 1
        keeping.cancel()


async def test_a_log_that_stays_open_does_not_keep_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mosquitto").write_text(
        f'#!/bin/sh\nsleep 60 &\necho $! > {tmp_path}/sleeper\nexec {find_mosquitto()} "$@"\n'
    )
    (tmp_path / "mosquitto").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    try:
        async with asyncio.timeout(DEADLINE_S):
            async with EmbeddedBroker(tmp_path / "radio", ()) as broker:
                assert broker.pid is not None
    finally:
        os.kill(int((tmp_path / "sleeper").read_text()), signal.SIGKILL)


async def test_the_broker_dies_with_the_hub(tmp_path: Path) -> None:
    script = (
        "import asyncio, sys; from pathlib import Path; from adapters.radio.broker import EmbeddedBroker\n"
        "async def main():\n"
        "    async with EmbeddedBroker(Path(sys.argv[1]), ()) as broker:\n"
        "        print(broker.pid, flush=True); await asyncio.sleep(60)\n"
        "asyncio.run(main())"
    )
    hub = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", script, str(tmp_path)), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert hub.stdout is not None
    async with asyncio.timeout(DEADLINE_S):
        pid = int(await hub.stdout.readline())
        hub.kill()
        await hub.wait()
        while Path(f"/proc/{pid}").exists():  # noqa: ASYNC110, ASYNC240 - a process to poll
            await asyncio.sleep(0.01)
        # Read to its end the pipe is closed while the loop still runs.
        assert not await hub.stdout.read()


def test_a_machine_without_mosquitto_is_told_which_package() -> None:
    with pytest.raises(BrokerMissing, match="apt install mosquitto"):
        find_mosquitto("/nowhere")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_it_works_for_a_plain_user_as_well() -> None:
    with tempfile.TemporaryDirectory() as home:
        os.chown(home, 65534, 65534)
        told = subprocess.run(
            [
                *AS_A_PLAIN_USER,
                *(
                    sys.executable,
                    "-m",
                    "pytest",
                    "-q",
                    "-p",
                    "no:cacheprovider",
                    f"--basetemp={home}/pytest",
                ),
                *(__file__, "-k", "reach_each_other or only_the_owner or killed_broker"),
            ],
            cwd=ROOT,
            env={**os.environ, "HOME": home, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert told.returncode == 0, told.stdout + told.stderr
    assert "3 passed" in told.stdout
