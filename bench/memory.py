"""Memory of a WebRTC session, and whether joins and leaves leave any behind.

    python -m bench.memory --sessions 100 --joins 3000 --out target/bench

Real ICE and DTLS on every leg, in a network namespace of its own; it ends by itself.
"""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from bench import namespace
from bench.generator import Generator
from bench.peers.crosspatch import Crosspatch
from bench.process import usage
from sim.memory import Allocated, allocated_by, program

TOGETHER = 20
"""Sessions that are in the room at once while they come and go."""
CONNECTED_WITHIN_S = 15.0
AT_REST_S = 0.5
"""What a session that said goodbye leaves is freed by then."""
SAMPLES = 10


@dataclass(frozen=True, slots=True)
class Reading:
    """Of the process at rest."""

    joins: int
    """Joins and leaves so far."""
    resident_kib: int
    """As the system counts it, with what the allocators hold back and with garbage of Python's."""
    allocated: Allocated


@dataclass(frozen=True, slots=True)
class Memory:
    whep_kib: float
    """Resident, of one listener, after five to warm up."""
    whip_kib: float
    """Of one publisher that says nothing, likewise."""
    readings: list[Reading]


@asynccontextmanager
async def running(gateway: Crosspatch) -> AsyncIterator[Generator]:
    """Start it, with a generator beside it."""
    await gateway.start()
    try:
        async with Generator() as generator:
            yield generator
    finally:
        await gateway.stop()


async def come_and_go(gateway: Crosspatch, generator: Generator, door: str, sessions: range) -> int:
    """All come, then all leave; resident bytes while all were there."""
    places = [await gateway.sign_in(generator, session, door) for session in sessions]
    for session in sessions:
        await generator.ask(op="connected", session=session, timeout_s=CONNECTED_WITHIN_S)
    held = usage(gateway.pid).rss_bytes
    for session, place in zip(sessions, places, strict=True):
        await gateway.sign_out(place)
        await generator.ask(op="close", session=session)
    await asyncio.sleep(AT_REST_S)
    return held


async def of_one(door: str, sessions: int) -> float:
    """KiB of one session, in a gateway that was just started."""
    gateway = Crosspatch()
    async with running(gateway) as generator:
        await come_and_go(gateway, generator, door, range(5))
        before = usage(gateway.pid).rss_bytes
        held = await come_and_go(gateway, generator, door, range(5, 5 + sessions))
        return (held - before) / 1024 / sessions


async def growth(joins: int) -> list[Reading]:
    """At the beginning and SAMPLES times on the way."""
    with tempfile.TemporaryDirectory(prefix="bench-memory-") as folder:
        file = Path(folder) / "allocated"
        gateway, readings = Crosspatch(program=program(file)), []
        async with running(gateway) as generator:
            for first in range(0, joins + TOGETHER, TOGETHER):
                await come_and_go(gateway, generator, "whep", range(first, first + TOGETHER))
                if first % max(TOGETHER, joins // SAMPLES) == 0:
                    resident = usage(gateway.pid).rss_bytes // 1024
                    reading = Reading(first + TOGETHER, resident, await allocated_by(gateway.pid, file))
                    click.echo(str(reading), err=True)
                    readings.append(reading)
    return readings


async def measure(sessions: int, joins: int) -> Memory:
    return Memory(await of_one("whep", sessions), await of_one("whip", sessions), await growth(joins))


def table(memory: Memory) -> str:
    """Markdown: what a session takes, and the process after so many joins and leaves."""
    rows = [
        "| figure | KiB |",
        "|---|---|",
        f"| a WHEP listener, resident | {memory.whep_kib:.0f} |",
        f"| a WHIP publisher, resident | {memory.whip_kib:.0f} |",
        "",
        "| joins and leaves | resident, KiB | SQLite, KiB | other malloc, KiB | Python blocks |",
        "|---|---|---|---|---|",
    ]
    for reading in memory.readings:
        kept = reading.allocated
        rows.append(
            f"| {reading.joins} | {reading.resident_kib} | {kept.sqlite_bytes // 1024} "
            f"| {kept.malloc_bytes // 1024} | {kept.python_blocks} |"
        )
    return "\n".join(rows)


@click.command(help=__doc__)
@click.option("--sessions", default=100, help="Sessions over which the memory of one is taken.")
@click.option("--joins", default=3_000, help="Joins and leaves.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("target/bench"),
    help="Folder for memory.md and memory.json.",
)
def main(sessions: int, joins: int, out: Path) -> None:
    memory = asyncio.run(measure(sessions, joins))
    out.mkdir(parents=True, exist_ok=True)
    (out / "memory.md").write_text(table(memory) + "\n")
    (out / "memory.json").write_text(json.dumps(asdict(memory), indent=1) + "\n")
    click.echo(table(memory))


if __name__ == "__main__":
    namespace.enter("bench.memory")
    main()
