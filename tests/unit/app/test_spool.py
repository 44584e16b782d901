"""The spool: nothing that was appended is lost, whatever ends the process."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.app.frame import MAGIC, NotASpoolFile, frame
from gateway.app.record import Record
from gateway.app.segments import records, segments
from gateway.app.spool import Spool
from gateway.model.ids import BootId
from gateway.model.inputs import Tick
from tests.unit.app.values import ANN, UTC_0, Bounds, answer, join

BOUNDS = Bounds()


def spool(directory: Path, boot: str = "b1") -> Spool:
    opened = Spool(directory, BOUNDS, BootId(boot), "digest")
    opened.open()
    return opened


def append(target: Spool, count: int) -> list[Record]:
    return [target.append(join(ANN, n), float(n), UTC_0, answer(number=n)) for n in range(1, count + 1)]


def read(directory: Path) -> list[Record]:
    return [record for segment in segments(directory) for record in records(segment.path)]


def last_file(directory: Path) -> Path:
    return segments(directory)[-1].path


async def test_what_was_appended_is_read_back_in_order(tmp_path: Path) -> None:
    written = spool(tmp_path)
    appended = append(written, 20)
    assert read(tmp_path) == appended
    await written.close()


async def test_a_file_cut_at_any_byte_of_its_last_record_keeps_all_before_it(tmp_path: Path) -> None:
    first = spool(tmp_path)
    appended = append(first, 3)
    await first.close()
    whole = last_file(tmp_path).read_bytes()
    tail = len(whole) - len(_frame_of(whole, 2))
    for cut in range(tail, len(whole)):
        last_file(tmp_path).write_bytes(whole[:cut])
        again = spool(tmp_path, "b2")
        assert again.counters["torn_bytes_total"] == cut - tail
        assert segments(tmp_path)[0].path.read_bytes() == whole[:tail]
        assert read(tmp_path) == appended[:2]
        assert again.append(Tick(), 9.0, UTC_0, []).seq == 3
        await again.close()
        last_file(tmp_path).unlink()


async def test_a_last_record_with_any_byte_changed_is_cut(tmp_path: Path) -> None:
    first = spool(tmp_path)
    appended = append(first, 3)
    await first.close()
    whole = last_file(tmp_path).read_bytes()
    tail = len(whole) - len(_frame_of(whole, 2))
    for at in range(tail, len(whole)):
        last_file(tmp_path).write_bytes(whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :])
        await spool(tmp_path, "b2").close()
        assert read(tmp_path) == appended[:2]


async def test_zeros_that_a_power_loss_left_are_cut(tmp_path: Path) -> None:
    first = spool(tmp_path)
    appended = append(first, 2)
    await first.close()
    with last_file(tmp_path).open("ab") as file:
        file.write(bytes(4096))
    again = spool(tmp_path, "b2")
    assert (read(tmp_path), again.counters["torn_bytes_total"]) == (appended, 4096)


@pytest.mark.parametrize("length", range(len(MAGIC)))
def test_a_segment_without_even_its_head_is_begun_anew(tmp_path: Path, length: int) -> None:
    (tmp_path / f"{1:016d}.spool").write_bytes(MAGIC[:length])
    assert spool(tmp_path).append(Tick(), 1.0, UTC_0, []).seq == 1


def test_a_file_of_another_kind_is_not_touched(tmp_path: Path) -> None:
    foreign = tmp_path / f"{1:016d}.spool"
    foreign.write_bytes(b"somebody else's file")
    with pytest.raises(NotASpoolFile):
        spool(tmp_path)
    assert foreign.read_bytes() == b"somebody else's file"


async def test_numbers_go_on_over_restarts(tmp_path: Path) -> None:
    for boot in ("b1", "b2", "b3"):
        run = spool(tmp_path, boot)
        append(run, 2)
        await run.close()
    assert [(r.boot, r.seq) for r in read(tmp_path)] == [
        (f"b{boot}", 2 * (boot - 1) + n) for boot in (1, 2, 3) for n in (1, 2)
    ]


async def test_a_full_segment_is_followed_by_the_next(tmp_path: Path) -> None:
    run = spool(tmp_path)
    appended = append(run, 1000)
    assert len(segments(tmp_path)) > 1
    assert all(s.path.stat().st_size <= BOUNDS.segment_bytes for s in segments(tmp_path))
    assert read(tmp_path) == appended
    await run.close()


async def test_from_fifteen_sixteenths_of_its_bound_it_is_not_roomy(tmp_path: Path) -> None:
    run = spool(tmp_path)
    while run.roomy:
        append(run, 1)
    assert BOUNDS.spool_bytes_max * 15 // 16 <= run.used_bytes < BOUNDS.spool_bytes_max
    await run.close()


async def test_at_its_bound_the_oldest_segment_goes_and_the_newest_record_is_kept(tmp_path: Path) -> None:
    run = spool(tmp_path)
    appended = append(run, 5000)
    assert run.counters["dropped_segments_total"] > 0
    assert sum(s.path.stat().st_size for s in segments(tmp_path)) <= BOUNDS.spool_bytes_max
    assert read(tmp_path)[-1] == appended[-1]
    await run.close()


async def test_what_the_store_has_taken_is_deleted_down_to_what_is_kept(tmp_path: Path) -> None:
    run = spool(tmp_path)
    append(run, 2500)
    for segment, _ in run.readable()[:-1]:
        run.stored(segment)
    assert run.used_bytes <= BOUNDS.keep_bytes + BOUNDS.segment_bytes
    assert run.counters["dropped_segments_total"] == 0
    await run.close()


def test_a_disk_that_fails_loses_records_but_never_raises(tmp_path: Path) -> None:
    directory = tmp_path / "spool"
    run = spool(directory)
    append(run, 1)
    directory.rename(tmp_path / "away")
    append(run, 1000)  # the next segment has nowhere to go
    assert run.counters["lost_records_total"] > 0
    assert (run.failing, run.roomy) == (True, False)
    (tmp_path / "away").rename(directory)
    append(run, 1)
    assert (run.failing, run.roomy) == (False, True)


def test_a_record_that_the_disk_took_half_of_does_not_hide_the_next(tmp_path: Path) -> None:
    run = spool(tmp_path)
    before = append(run, 2)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (last_file(tmp_path).stat().st_size + 10, limit[1]))
    try:
        append(run, 1)
        assert run.failing
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    after = append(run, 1)
    assert read(tmp_path) == before + after


def test_a_killed_process_has_lost_no_record_it_had_appended(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.unit.app.spool_child", str(tmp_path)], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    appended = 0
    while appended < 500:
        appended = int(child.stdout.readline())
    os.kill(child.pid, signal.SIGKILL)
    appended = max([appended, *map(int, child.stdout.read().split()[:-1])])
    child.wait()
    found = read(tmp_path)
    assert [record.seq for record in found] == list(range(1, len(found) + 1))
    assert len(found) >= appended


def _frame_of(data: bytes, index: int) -> bytes:
    start = len(MAGIC)
    for _ in range(index + 1):
        length = int.from_bytes(data[start : start + 4], "little")
        end = start + 8 + length
        found, start = data[start:end], end
    assert found == frame(found[8:])
    return found
