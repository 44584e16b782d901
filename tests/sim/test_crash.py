"""kill -9 in the middle of everything: what was answered is in the log, and the log explains itself."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.app.replay import read_log, replay
from gateway.app.restore import posted_messages, switched_modes
from gateway.model.effects import Answer
from gateway.model.ids import RoomId
from tests.sim.hub_child import OPS, POSTS_EVERY

SEEDS = (11, 23, 42)
ANSWERS_A_RUN = 400


def run_until_killed(directory: Path, seed: int) -> list[tuple[str, int, str, str]]:
    """One run, killed without warning; the answers that came out of it: leg, id, code, the room's mode."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.sim.hub_child", str(directory), str(seed)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert child.stdout is not None
    lines = [child.stdout.readline() for _ in range(ANSWERS_A_RUN + seed)]
    os.kill(child.pid, signal.SIGKILL)
    lines += child.stdout.readlines()
    child.wait()
    whole = [line.split() for line in lines if line.endswith("\n")]
    return [(leg, int(number), code, mode) for leg, number, code, mode in whole]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_answer_before_a_kill_is_in_the_log_and_replays(tmp_path: Path, seed: int) -> None:
    answers = run_until_killed(tmp_path, seed) + run_until_killed(tmp_path, seed + 1)
    log = list(read_log(tmp_path))
    logged = {
        (effect.leg, effect.id, effect.refusal.code.value if effect.refusal else "ok")
        for record in log
        for effect in record.effects
        if isinstance(effect, Answer)
    }
    assert {(leg, number, code) for leg, number, code, _ in answers} <= logged
    replayed = replay(log)
    assert (len(replayed.boots), replayed.skipped, replayed.difference) == (2, {}, None)


def test_the_mode_that_was_answered_last_stands_after_a_kill(tmp_path: Path) -> None:
    run_until_killed(tmp_path, SEEDS[0])
    logged = switched_modes(read_log(tmp_path))[RoomId("ops")]
    first_answer = run_until_killed(tmp_path, SEEDS[0])[0]
    assert first_answer[3] == logged


def test_a_message_that_was_answered_is_there_after_two_kills(tmp_path: Path) -> None:
    answers = run_until_killed(tmp_path, SEEDS[0])
    said_ok = {f"{leg}-{n}" for leg, n, code, _ in answers if code == "ok" and n % POSTS_EVERY == 0}
    run_until_killed(tmp_path, SEEDS[1])
    kept = [message.id for message in posted_messages(read_log(tmp_path), {OPS})]
    assert said_ok
    assert said_ok <= set(kept)
    assert len(kept) == len(set(kept))
