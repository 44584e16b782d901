"""One round: start a program, sign the load in, let packets flow, read what it cost."""

from dataclasses import dataclass

from bench.generator import Generator
from bench.peers.face import Relay
from bench.process import usage

TALKER = 0


@dataclass(frozen=True, slots=True)
class Round:
    """Figures of one round. ``lost``: sent while the listener was connected, never delivered."""

    program: str
    listeners: int
    delivered: int
    lost: int
    cpu_us_per_packet: float
    """CPU of all threads of the program while packets flow, over packets delivered."""
    memory_kib_per_listener: float
    """Growth of the resident set from before the first listener to after the last, over listeners."""
    first_packet_ms: float
    """Median over listeners, joining in turn: from beginning to join to the first packet."""


async def play(
    relay: Relay,
    listeners: int,
    seconds: float,
    packets_per_second: int,
    payload_bytes: int,
    patience_s: float = 30,
) -> Round:
    """Run one round against a freshly started ``relay``."""
    await relay.start()
    try:
        async with Generator() as generator:
            await relay.publish(generator, TALKER)
            await generator.ask(op="connected", session=TALKER, timeout_s=15)
            await generator.ask(op="talk", session=TALKER, pps=packets_per_second, bytes=payload_bytes)
            before = usage(relay.pid)
            for session in range(1, listeners + 1):
                await generator.ask(op="expect", session=session)
                await relay.subscribe(generator, session)
            joined = await generator.ask(op="heard", timeout_s=patience_s)
            full = usage(relay.pid)
            await generator.ask(op="mark")
            start = usage(relay.pid)
            counted = await generator.ask(op="run", seconds=seconds)
            end = usage(relay.pid)
    finally:
        await relay.stop()
    return Round(
        program=relay.name,
        listeners=listeners,
        delivered=counted["delivered"],
        lost=counted["lost"],
        cpu_us_per_packet=(end.cpu_ns - start.cpu_ns) / 1000 / max(1, counted["delivered"]),
        memory_kib_per_listener=(full.rss_bytes - before.rss_bytes) / 1024 / listeners,
        first_packet_ms=joined["first_packet_ms_p50"],
    )
