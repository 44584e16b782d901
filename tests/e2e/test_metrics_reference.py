"""docs/reference/metrics.md is what a running gateway says of itself: no name more, none less."""

import re
import socket
from pathlib import Path

from sim.gateway import free_port, gateway

ROOT = Path(__file__).resolve().parents[2]


def documented() -> set[str]:
    page = (ROOT / "docs/reference/metrics.md").read_text(encoding="utf-8")
    return {f"crosspatch_{name}" for name in re.findall(r"^\| `(\w+)` \| ", page, re.MULTILINE)}


async def test_the_metrics_page_names_what_a_gateway_counts(tmp_path: Path) -> None:
    sip = f'[sip]\nlisten_udp = ["127.0.0.1:{free_port(socket.SOCK_DGRAM, 1)}"]\n'
    radio = '[[radio.channels]]\nbridge = "hill"\nchannel = "vhf1"\nroom = "ops"\n'
    async with gateway(tmp_path, more=sip + radio) as running:
        counted = {re.sub(r"_(bucket\{.*|count|sum)$", "", name) for name in await running.metrics()}
    assert sorted(counted - documented()) == []
    assert sorted(documented() - counted) == []
