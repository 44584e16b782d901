"""From the spool to the store and back: feeding, restarts, replay."""

import asyncio
import resource
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.app.assembly import assembled
from gateway.app.backoff import Backoff
from gateway.app.cli import main
from gateway.app.feeder import Feeder
from gateway.app.record import Record, encode
from gateway.app.replay import NotALog, read_log, replay
from gateway.app.spool import Spool
from gateway.app.store import FILE_NAME, Store, StoreDown
from gateway.model.effects import Answer
from gateway.model.grants import Grants, Verb
from gateway.model.ids import BootId, CommandId, RoomId
from gateway.model.inputs import Booted, FloorRelease, FloorRequest, JoinRoom, SetRoomMode
from gateway.model.participant import LegKind, Participant
from gateway.model.room import RoomMode
from gateway.ports.hub import Hub
from gateway.ports.media import LegProfile
from sim.fakes.media import FakeMediaPlane
from tests.unit.app.values import (
    ANN,
    COMMAND,
    OFFER,
    OPS,
    UTC_0,
    Bounds,
    Ear,
    answer,
    config,
    eventually,
    join,
)

ALL = Grants("tester", frozenset(Verb), None, time.time() + 3600)


def spool(directory: Path, boot: str = "b1") -> Spool:
    opened = Spool(directory / "spool", Bounds(), BootId(boot), "digest")
    opened.open()
    return opened


@asynccontextmanager
async def feeding(written: Spool, store: Path) -> AsyncIterator[Feeder]:
    """A feeder of this store, whose connections are given back on leaving."""
    opened = Store(store)
    try:
        yield Feeder(written, opened)
    finally:
        await opened.close()


async def stored(directory: Path) -> list[Record]:
    store = Store(directory / FILE_NAME)
    page = await store.page(0)
    await store.close()
    return [record for _, record in page]


async def a_busy_minute(hub: Hub, presses: int = 3) -> None:
    """Somebody joins, talks, and switches the conference to a broadcast."""
    ear = Ear()
    leg = hub.attach(ear)
    who = Participant(leg, "Ann", "Medic 7", LegKind.BROWSER)
    for number, room in enumerate((OPS, COMMAND), start=1):
        await hub.command(JoinRoom(CommandId(number), leg, room, who, ALL, time.time()))
    await hub.media.accept(leg, OFFER, LegProfile(3, publishes=True))
    await eventually(lambda: bool(ear.media_news))
    for number in range(3, 3 + 2 * presses, 2):
        await hub.command(FloorRequest(CommandId(number), leg, OPS, time.time()))
        await hub.command(FloorRelease(CommandId(number + 1), leg, OPS))
    last = CommandId(3 + 2 * presses)
    await hub.command(SetRoomMode(last, leg, COMMAND, RoomMode.BROADCAST, time.time()))


def run(directory: Path) -> None:
    """One whole run of a gateway, from start to shutdown."""

    async def once() -> None:
        async with assembled(config(directory), FakeMediaPlane()) as hub:
            await a_busy_minute(hub)

    asyncio.run(once())


async def modes(directory: Path) -> dict[RoomId, RoomMode]:
    """The rooms' modes at the start of the next run."""
    async with assembled(config(directory), FakeMediaPlane()) as hub:
        return {view.id: view.mode for view in hub.rooms(ALL)}


async def test_the_store_gets_every_record_once(tmp_path: Path) -> None:
    written = spool(tmp_path)
    async with feeding(written, tmp_path / FILE_NAME) as feeder:
        first = [written.append(join(ANN, n), float(n), UTC_0, answer(number=n)) for n in range(300)]
        await feeder.feed()
        second = [written.append(join(ANN, n), float(n), UTC_0, answer(number=n)) for n in range(300)]
        await feeder.feed()
    async with feeding(written, tmp_path / FILE_NAME) as restarted:
        await restarted.feed()
        assert restarted.counters["stored_total"] == 0
    assert await stored(tmp_path) == [*first, *second][:500]


async def test_a_batch_that_was_taken_twice_is_there_once(tmp_path: Path) -> None:
    record = Record(1, BootId("b"), 1.0, UTC_0, "digest", join(ANN, 1), ())
    store = Store(tmp_path / FILE_NAME)
    await store.open()
    for _ in range(2):
        await store.add([(record, encode(record))])
    await store.close()
    assert await stored(tmp_path) == [record]


async def test_a_store_that_comes_back_is_brought_up_to_date(tmp_path: Path) -> None:
    written = spool(tmp_path)
    blocked = tmp_path / FILE_NAME
    blocked.mkdir()
    async with feeding(written, blocked) as feeder:
        record = written.append(join(ANN, 1), 1.0, UTC_0, answer())
        with pytest.raises(StoreDown):
            await feeder.feed()
        blocked.rmdir()
        await feeder.feed()
        assert feeder.up
    assert await stored(tmp_path) == [record]


async def test_a_spool_that_finds_no_descriptor_for_a_while_loses_nothing(tmp_path: Path) -> None:
    segments = Bounds(segment_bytes=4096)
    written = Spool(tmp_path / "spool", segments, BootId("b1"), "digest")
    written.open()
    async with feeding(written, tmp_path / FILE_NAME) as feeder:
        await feeder.feed()
        records = [written.append(join(ANN, n), float(n), UTC_0, answer(number=n)) for n in range(100)]
        assert len(written.readable()) > 1
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
        try:
            with pytest.raises(StoreDown, match="spool"):
                await feeder.feed()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        await feeder.feed()
    assert await stored(tmp_path) == records


async def test_a_store_that_is_down_is_alarmed_and_the_floor_goes_on(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    async with assembled(config(tmp_path), FakeMediaPlane()) as hub:
        await a_busy_minute(hub)
        assert dict(hub.ready())["store"] is False
        assert b"crosspatch_store_up 0.0" in hub.metrics()


async def test_a_store_of_another_version_is_left_alone(tmp_path: Path) -> None:
    store = Store(tmp_path / FILE_NAME)
    await store.open()
    await store.close()
    with sqlite3.connect(tmp_path / FILE_NAME) as database:
        database.execute("UPDATE schema SET version = 99")
    again = Store(tmp_path / FILE_NAME)
    with pytest.raises(StoreDown, match="schema version 99"):
        await again.open()
    await again.close()


async def test_names_in_the_store_are_for_the_gateway_only(tmp_path: Path) -> None:
    store = Store(tmp_path / FILE_NAME)
    await store.open()
    await store.close()
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o077 == 0


async def test_a_mode_that_was_switched_live_outlives_restarts(tmp_path: Path) -> None:
    async with assembled(config(tmp_path), FakeMediaPlane()) as hub:
        await a_busy_minute(hub)
    for _ in range(2):
        async with assembled(config(tmp_path), FakeMediaPlane()) as hub:
            assert {view.id: view.mode for view in hub.rooms(ALL)} == {
                OPS: RoomMode.TALKGROUP,
                COMMAND: RoomMode.BROADCAST,
            }


@pytest.mark.parametrize("lost", ["spool", FILE_NAME])
def test_a_mode_is_found_in_the_store_or_in_the_spool_alone(tmp_path: Path, lost: str) -> None:
    run(tmp_path)
    for path in tmp_path.glob(f"{lost}*"):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    assert asyncio.run(modes(tmp_path))[COMMAND] is RoomMode.BROADCAST


async def test_a_mode_that_nobody_switched_follows_the_configuration(tmp_path: Path) -> None:
    async with assembled(config(tmp_path), FakeMediaPlane()):
        pass
    changed = config(tmp_path)
    rooms = tuple(replace(room, mode=RoomMode.BROADCAST) for room in changed.rooms)
    async with assembled(replace(changed, rooms=rooms), FakeMediaPlane()) as hub:
        assert {view.mode for view in hub.rooms(ALL)} == {RoomMode.BROADCAST}


async def test_the_recorded_log_replays_to_the_same_state(tmp_path: Path) -> None:
    async with assembled(config(tmp_path), FakeMediaPlane()) as hub:
        await a_busy_minute(hub)
    live = hub.runtime.switchboard.digest()
    for path in (tmp_path / "spool", next((tmp_path / "spool").iterdir())):
        replayed = replay(read_log(path))
        assert (replayed.difference, replayed.digest) == (None, live)


def test_every_answered_command_is_in_the_log_of_several_runs(tmp_path: Path) -> None:
    for _ in range(3):
        run(tmp_path)
    found = list(read_log(tmp_path))
    answered = [e for record in found for e in record.effects if isinstance(e, Answer)]
    assert len(answered) == 3 * 9
    assert len([record for record in found if isinstance(record.input, Booted)]) == 3


def test_what_the_spool_no_longer_has_is_replayed_from_the_store(tmp_path: Path) -> None:
    run(tmp_path)
    whole = replay(read_log(tmp_path))
    run(tmp_path)
    oldest = min((tmp_path / "spool").iterdir())
    oldest.unlink()
    both = replay(read_log(tmp_path))
    assert (len(both.boots), both.skipped, both.difference) == (2, {}, None)
    assert both.records == 2 * whole.records
    assert len(replay(read_log(tmp_path / FILE_NAME)).boots) == 2


async def test_a_log_that_was_changed_is_found_out(tmp_path: Path) -> None:
    async with assembled(config(tmp_path), FakeMediaPlane()) as hub:
        await a_busy_minute(hub)
    records = list(read_log(tmp_path / "spool"))
    number = next(n for n, record in enumerate(records) if isinstance(record.input, FloorRequest))
    records[number] = replace(records[number], effects=())
    difference = replay(records).difference
    assert difference is not None
    assert difference.record == records[number]


def test_the_replay_command_prints_records_and_exits_1_at_a_difference(tmp_path: Path) -> None:
    run(tmp_path)
    fine = CliRunner().invoke(main, ["replay", str(tmp_path)])
    assert fine.exit_code == 0
    assert '"t":"SetRoomMode"' in fine.output.replace(" ", "")
    assert fine.output.splitlines()[-1].endswith(replay(read_log(tmp_path)).digest)

    other = tmp_path / "other"
    forged = Spool(other, Bounds(), BootId("b"), "digest")
    forged.open()
    for record in read_log(tmp_path / "spool"):
        forged.append(record.input, record.now, record.at, record.effects[:1])
    different = CliRunner().invoke(main, ["replay", "--no-records", str(other)])
    assert different.exit_code == 1
    assert "first difference at record" in different.output


def test_a_path_without_a_log_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("milk, bread, batteries")
    for path in (tmp_path, tmp_path / "nowhere", tmp_path / "notes.txt"):
        with pytest.raises(NotALog, match="expected"):
            list(read_log(path))


def test_backoff_starts_over_after_success() -> None:
    backoff = Backoff(chance=lambda: 1.0)
    assert [backoff.next_delay_s() for _ in range(3)] == [1, 2, 4]
    backoff.reset()
    assert backoff.next_delay_s() == 1


@pytest.mark.parametrize("turns", [1, 2, 3, 5, 8])
async def test_a_caller_cancelled_twice_at_any_point_leaves_no_work_behind(
    tmp_path: Path, turns: int
) -> None:
    """``turns`` of the event loop lie between two cancellations of one call."""
    before = asyncio.all_tasks()
    for asked_for in range(0, 120, 3):
        store = Store(tmp_path / f"{asked_for}.sqlite")
        opening = asyncio.create_task(store.open())
        for _ in range(asked_for):
            await asyncio.sleep(0)
        for _ in range(2):
            opening.cancel()
            for _ in range(turns):
                await asyncio.sleep(0)
        await asyncio.wait([opening], timeout=5)
        await store.close()
    await eventually(lambda: asyncio.all_tasks() == before)
