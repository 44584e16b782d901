"""docs/reference/metrics.md is what a running gateway says of itself: all names, no other, and its types."""

import re
import socket
from pathlib import Path

import aiohttp

from sim.gateway import free_port, gateway

ROOT = Path(__file__).resolve().parents[2]


def documented() -> dict[str, str]:
    """Type of each metric."""
    page = (ROOT / "docs/reference/metrics.md").read_text(encoding="utf-8")
    return {
        f"crosspatch_{name}": kind
        for name, kind in re.findall(r"^\| `(\w+)` \| (\w+) \| ", page, re.MULTILINE)
    }


async def test_the_metrics_page_names_what_a_gateway_counts_and_its_types(tmp_path: Path) -> None:
    sip = f'[sip]\nlisten_udp = ["127.0.0.1:{free_port(socket.SOCK_DGRAM, 1)}"]\n'
    radio = '[[radio.channels]]\nbridge = "hill"\nchannel = "vhf1"\nroom = "ops"\n'
    async with (
        gateway(tmp_path, more=sip + radio) as running,
        aiohttp.ClientSession() as http,
        http.get(f"{running.url}/metrics") as response,
    ):
        counted = dict(re.findall(r"^# TYPE (\w+) (\w+)$", await response.text(), re.MULTILINE))
    assert sorted(counted.items() - documented().items()) == []
    assert sorted(documented().items() - counted.items()) == []
