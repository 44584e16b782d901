"""How a radio site finds its broker: the list and its order, TLS, and what is said about a wrong file."""

import asyncio
import subprocess
import sys
from pathlib import Path

import aiomqtt
import msgpack
import pytest

from adapters.radio.broker import EmbeddedBroker
from sim.radio.mosquitto import Authority, tls_broker
from sim.radio.relay import relay
from sim.radio.site import BridgeFailed, Site, site

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 20.0
CHANNEL = "vhf1"


async def test_the_first_broker_that_answers_is_taken_and_the_head_of_the_list_when_it_is_back(
    tmp_path: Path,
) -> None:
    async with EmbeddedBroker(tmp_path / "broker", ("hill",)) as broker:
        password = broker.logins["hill"].password
        async with relay(broker.host, broker.port) as first, relay(broker.host, broker.port) as second:
            urls = [f"mqtt://hill:{password}@127.0.0.1:{way.port}" for way in (first, second)]
            first.refuse()
            async with site(tmp_path / "site", "hill", urls, CHANNEL) as running:
                assert (first.connections, second.connections) == (0, 1)
                first.accept()
                second.sever()
                await running.until(lambda: first.connections == 1)


async def test_the_hubs_own_broker_is_found_by_the_file_it_leaves(tmp_path: Path) -> None:
    async with EmbeddedBroker(tmp_path / "broker", ("hill",)):
        url = (tmp_path / "broker" / "bridges" / "hill").read_text().strip()
        async with site(tmp_path / "site", "hill", [url], CHANNEL) as running:
            assert running.pid


async def test_a_bridge_proves_itself_to_a_tls_broker_by_its_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    hub_cert, hub_key = authority.issue("hub")
    cert, key = authority.issue("hill")
    async with tls_broker(tmp_path, authority) as port:
        more = f'authorities = "{authority.certificate}"\ncert = "{cert}"\nkey = "{key}"\n'
        url = f"mqtts://127.0.0.1:{port}"
        async with (
            asyncio.timeout(DEADLINE_S),
            site(tmp_path / "site", "hill", [url], CHANNEL, broker=more),
            aiomqtt.Client(
                "127.0.0.1",
                port,
                protocol=aiomqtt.ProtocolVersion.V5,
                tls_params=aiomqtt.TLSParameters(
                    ca_certs=str(authority.certificate), certfile=str(hub_cert), keyfile=str(hub_key)
                ),
            ) as hub,
        ):
            await hub.subscribe("rb/1/hill/up/birth", qos=1)
            birth = msgpack.unpackb((await anext(aiter(hub.messages))).payload)
            assert [channel["id"] for channel in birth["ch"]] == [CHANNEL]


async def test_a_broker_with_a_strangers_certificate_is_not_believed(tmp_path: Path) -> None:
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
    ours, theirs = Authority(tmp_path / "ours"), Authority(tmp_path / "theirs")
    async with tls_broker(tmp_path / "theirs", theirs) as port:
        more = f'authorities = "{ours.certificate}"\n'
        stranger = Site(tmp_path / "site", "hill", [f"mqtts://127.0.0.1:{port}"], [CHANNEL], "", more)
        stranger.patience_s = 3.0
        with pytest.raises(BridgeFailed, match="CERTIFICATE_VERIFY_FAILED"):
            await stranger.start()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('bridg = "hill"\n', 'hint: did you mean "bridge"?'),
        ('bridge = "Hill"\n[[brokers]]\nurl = "mqtt://h"\n[[channels]]\nid = "a"\n', "bridge: a to z"),
        ('bridge = "hill"\n[[brokers]]\nurl = "http://h"\n[[channels]]\nid = "a"\n', "mqtt://host:port"),
        ('bridge = "hill"\n[[brokers]]\nurl = "mqtt://u:p@h"\n[[channels]]\nid = "a"\n', "use password_file"),
        ('bridge = "hill"\nbrokers = []\n[[channels]]\nid = "a"\n', "at least one [[brokers]] table"),
        (
            'bridge = "hill"\n[[brokers]]\nurl = "mqtt://h"\n[[channels]]\nid = "a"\ncodec = "mp3"\n',
            "one of PCMU, opus",
        ),
    ],
)
def test_what_is_wrong_with_the_sites_file_is_said_with_what_to_do(
    tmp_path: Path, text: str, complaint: str
) -> None:
    path = tmp_path / "site.toml"
    path.write_text(text)
    told = subprocess.run(
        [sys.executable, "-m", "gateway", "bridge", "--config", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert told.returncode == 2
    assert complaint in told.stderr
    assert "Traceback" not in told.stderr
