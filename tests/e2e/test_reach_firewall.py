"""Issue 6, story 3: UDP is dropped on the way, then TCP to the media port too; people still talk."""

import datetime as dt
from pathlib import Path

import pytest

from gateway.app.cert import issue
from sim import own_network
from sim.browser.chromium import chromium, home_that_trusts
from sim.gateway import gateway
from sim.turn import turn
from tests.e2e.inside import told_inside
from tests.e2e.talking_pages import talk, two_in_a_room

TCP_PORT, TLS_PORT = 20_443, 20_349
RELAY_PORTS = (20_100, 20_120)
"""Below the ports that the kernel gives to those who do not ask."""
SECRET = "of-this-story-alone"
RELAYED_UDP_ONLY = (
    f"udp sport {RELAY_PORTS[0]}-{RELAY_PORTS[1]} accept",
    f"udp dport {RELAY_PORTS[0]}-{RELAY_PORTS[1]} accept",
    "meta l4proto udp drop",
)


async def test_pages_talk_by_ice_tcp_where_udp_is_dropped_and_by_turn_over_tls_where_only_that_passes(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if await told_inside(request):
        return
    issued = issue(tmp_path / "ca", [own_network.ADDRESS], dt.datetime.now(dt.UTC))
    secret = tmp_path / "turn-secret"
    secret.touch(mode=0o600)
    secret.write_text(f"{SECRET}\n")
    home = await home_that_trusts(tmp_path / "home", issued.ca)
    async with (
        turn(
            tmp_path,
            address=own_network.ADDRESS,
            tls_port=TLS_PORT,
            relay_ports=RELAY_PORTS,
            secret=SECRET,
            cert=issued.cert,
            key=issued.key,
        ) as relay,
        chromium(loopback=False, home=home) as browser,
        gateway(
            tmp_path,
            shards=2,
            listen=own_network.ADDRESS,
            media=f"tcp_port = {TCP_PORT}\n",
            more=f'[web]\nturn_urls = ["{relay.url}"]\nturn_secret_file = "{secret}"\n',
        ) as hub,
    ):
        await own_network.filter_packets(*RELAYED_UDP_ONLY, f"tcp dport {TLS_PORT} drop")
        async with two_in_a_room(hub, browser) as (one, other):
            await talk(one, other, 0)
            await talk(other, one, 1000)
            by_tcp = await hub.metrics()
        assert by_tcp["crosspatch_media_tcp_connections"] >= 2
        assert by_tcp["crosspatch_media_datagrams_received_total"] == 0
        assert relay.allocations() == 0

        await own_network.filter_packets(*RELAYED_UDP_ONLY, f"tcp dport {TCP_PORT} drop")
        async with two_in_a_room(hub, browser) as (one, other):
            await talk(one, other, 2000)
            await talk(other, one, 3000)
            by_turn = await hub.metrics()
        assert by_turn["crosspatch_media_tcp_accepted_total"] == by_tcp["crosspatch_media_tcp_accepted_total"]
        assert by_turn["crosspatch_media_datagrams_received_total"] > 0
        assert relay.allocations() >= 2
        assert SECRET not in "".join(hub.log)
