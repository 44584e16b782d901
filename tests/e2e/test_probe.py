"""``crosspatch probe`` measures what it says: nine pairs of real clients, and misses what nobody heard."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from sim.gateway import CROSSPATCH
from sim.probe.figures import Kind
from sim.probe.rounds import run
from sim.probe.stage import stage

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 180.0
ROUNDS = 2
TIMES = (
    *("access_ms", "end_to_end_ms", "mouth_to_ear_first_second_ms", "mouth_to_ear_fifth_second_ms"),
    "late_entry_ms",
)
LOST = ("head_frames_lost", "inside_frames_lost", "tail_frames_lost")


async def probe(*words: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *(*CROSSPATCH, "probe", *words), cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=sys.stderr
    )
    out, _ = await asyncio.wait_for(process.communicate(), DEADLINE_S)
    return process.returncode, out.decode()


async def test_the_probe_times_all_nine_pairs_and_counts_their_heads_and_tails() -> None:
    code, said = await probe("--rounds", str(ROUNDS), "--json")
    assert code == 0
    found: dict[str, Any] = json.loads(said)
    pairs = {(row["from"], row["to"]): row for row in found["pairs"]}
    assert pairs.keys() == {(source, sink) for source in Kind for sink in Kind}
    for row in pairs.values():
        assert (row["talkspurts"], row["unheard"]) == (ROUNDS, 0), row
        for name in TIMES:
            assert row[name]["count"] == ROUNDS, (name, row)
            assert 0 < row[name]["p50"] <= row[name]["p95"] <= row[name]["p99"] < 5000, (name, row)
        assert all(isinstance(row[name], int) for name in LOST), row
    assert found["clock_error_ms"] < 20
    assert len(found["targets"]) == 46


async def test_with_forwarding_off_every_frame_is_lost_at_the_head(tmp_path: Path) -> None:
    async with stage(tmp_path, forwarding=False) as everybody:
        figures = await run(everybody, 1, lambda _: None)
    browsers = figures[Kind.BROWSER, Kind.BROWSER]
    assert browsers.access_ms, "the floor is granted all the same"
    assert (browsers.unheard, browsers.end_to_end_ms, browsers.late_entry_ms) == (1, [], [])
    assert browsers.head_frames_lost == 235
