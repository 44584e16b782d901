"""docs/reference/metrics.md is what a running gateway says of itself: no name more, none less."""

import re
from pathlib import Path

from sim.gateway import gateway

ROOT = Path(__file__).resolve().parents[2]


def documented() -> set[str]:
    page = (ROOT / "docs/reference/metrics.md").read_text(encoding="utf-8")
    return {f"crosspatch_{name}" for name in re.findall(r"^\| `(\w+)` \| ", page, re.MULTILINE)}


async def test_the_metrics_page_names_what_a_gateway_counts(tmp_path: Path) -> None:
    async with gateway(tmp_path) as running:
        counted = {re.sub(r"_(bucket\{.*|count|sum)$", "", name) for name in await running.metrics()}
    assert sorted(counted - documented()) == []
    assert sorted(documented() - counted) == []
