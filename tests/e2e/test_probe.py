"""``crosspatch probe`` measures what it says: nine pairs of real clients, and misses what nobody heard."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from sim.gateway import CROSSPATCH
from sim.probe.figures import Figures, Kind
from sim.probe.rounds import FRAMES, talkspurt
from sim.probe.stage import stage

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 180.0
ACCESS, LATE = "access_ms", "late_entry_ms"
MEASURED = (
    *(ACCESS, "end_to_end_ms", "mouth_to_ear_ms", "mouth_to_ear_first_second_ms"),
    *("mouth_to_ear_fifth_second_ms", LATE),
)
LOST = ("head_frames_lost", "inside_frames_lost", "tail_frames_lost")
LONGEST_MS = 5000


async def probe(*words: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *(*CROSSPATCH, "probe", *words), cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=sys.stderr
    )
    out, _ = await asyncio.wait_for(process.communicate(), DEADLINE_S)
    return process.returncode, out.decode()


async def test_the_probe_times_all_nine_pairs_and_counts_their_heads_and_tails() -> None:
    code, said = await probe("--rounds", "1", "--json")
    assert code == 0
    found: dict[str, Any] = json.loads(said)
    pairs = {(row["from"], row["to"]): row for row in found["pairs"]}
    assert pairs.keys() == {(source, sink) for source in Kind for sink in Kind}
    for row in pairs.values():
        assert (row["talkspurts"], row["unheard"]) == (1, 0), row
        assert row["end_to_end_ms"]["p50"] > 0, row
        assert all(0 <= row[name] < FRAMES for name in LOST), row
        times = [row[name] for name in MEASURED if row[name]["count"]]
        assert all(time["p50"] <= time["p95"] <= time["p99"] < LONGEST_MS for time in times), row
        judged = {one["what"]: one for one in found["targets"] if (one["from"], one["to"]) == _of(row)}
        for what in ("head", "tail"):
            assert judged[what]["value"] == row[f"{what}_frames_lost"]
            assert judged[what]["passed"] is (row[f"{what}_frames_lost"] == 0)
    for name in MEASURED:
        assert sum(row[name]["count"] > 0 for row in pairs.values()) >= 6, (name, found)


def _of(row: dict[str, Any]) -> tuple[str, str]:
    return row["from"], row["to"]


async def test_over_a_network_that_loses_every_press_of_a_page_is_answered() -> None:
    code, said = await probe("--rounds", "4", "--loss", "10", "--json")
    assert code == 0
    found: dict[str, Any] = json.loads(said)
    assert found["page_packets_lost"] > 0
    assert {row["from"] for row in found["pairs"]} == {Kind.BROWSER}
    assert {row[ACCESS]["count"] for row in found["pairs"]} == {4}
    assert {row["never_told"] for row in found["pairs"]} == {0}


async def test_with_forwarding_off_the_floor_is_given_and_every_frame_is_lost(tmp_path: Path) -> None:
    figures = Figures.empty()
    async with stage(tmp_path, forwarding=False) as everybody:
        await talkspurt(everybody, Kind.BROWSER, 1, figures)
    for sink in Kind:
        pair = figures[Kind.BROWSER, sink]
        assert len(pair.access_ms) == 1
        assert (pair.unheard, pair.head_frames_lost, pair.end_to_end_ms) == (1, FRAMES, [])
