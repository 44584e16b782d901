"""One round of one flood: the same load without it and with it, in one run of the gateway."""

from dataclasses import dataclass
from typing import Any

from bench.generator import Generator
from bench.peers.crosspatch import Crosspatch
from bench.process import usage
from bench.round import TALKER

STRANGER = 1_000_000
"""A publisher in another room, served by the same media thread."""
PPS = 50
PAYLOAD_BYTES = 100
ALLOWED_PPS = PPS
"""What an honest publisher sends with 20 ms frames."""
CONNECTED_WITHIN_S = 15.0
HEARD_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Flooded:
    """What a flood cost. ``lost`` is of the honest talker's packets, over all its listeners."""

    flood: str
    sent: int
    """Datagrams of the flood."""
    refused: int
    """Those that the gateway counted as above the rate or as unusable for their session."""
    spoken: int
    """Packets of the honest talker beside the flood."""
    delivered: int
    """What all listeners decrypted meanwhile, and half a second longer."""
    lost: int
    quiet_us_per_packet: float
    """CPU of the gateway over packets delivered, without the flood."""
    flooded_us_per_packet: float
    """The same beside the flood, whose own cost is in it."""
    us_per_datagram: float
    """What one more datagram of the flood costs."""


async def flooded(kind: str, listeners: int, seconds: float, pps: int) -> Flooded:
    """One talker, its listeners, and ``pps`` datagrams a second of the flood.

    ``voice`` comes from a publisher of another room; the others from the talker's own address, as by
    somebody who reads the line and forges senders.
    """
    gateway = Crosspatch()
    await gateway.start()
    try:
        async with Generator() as generator:
            await _sign_all_in(gateway, generator, listeners)
            session = STRANGER if kind == "voice" else TALKER
            quiet, quiet_ns = await _run(gateway, generator, seconds)
            before = _refused(await gateway.counts())
            await generator.ask(op="flood", session=session, kind=kind, pps=pps)
            loud, loud_ns = await _run(gateway, generator, seconds)
            sent = (await generator.ask(op="calm"))["flooded"]
            refused = _refused(await gateway.counts()) - before
    finally:
        await gateway.stop()
    each = [ns / 1000 / max(1, run["delivered"]) for ns, run in ((quiet_ns, quiet), (loud_ns, loud))]
    return Flooded(
        flood=kind,
        sent=sent,
        refused=int(refused),
        spoken=loud["sent"],
        delivered=loud["delivered"],
        lost=loud["lost"],
        quiet_us_per_packet=each[0],
        flooded_us_per_packet=each[1],
        us_per_datagram=(loud_ns - quiet_ns) / 1000 / max(1, sent),
    )


async def _sign_all_in(gateway: Crosspatch, generator: Generator, listeners: int) -> None:
    await gateway.publish(generator, TALKER)
    await gateway.sign_in(generator, STRANGER, "whip", "other")
    for session in (TALKER, STRANGER):
        await generator.ask(op="connected", session=session, timeout_s=CONNECTED_WITHIN_S)
    await generator.ask(op="talk", session=TALKER, pps=PPS, bytes=PAYLOAD_BYTES)
    for session in range(1, listeners + 1):
        await generator.ask(op="expect", session=session)
        await gateway.subscribe(generator, session)
    await generator.ask(op="heard", timeout_s=HEARD_WITHIN_S)


async def _run(gateway: Crosspatch, generator: Generator, seconds: float) -> tuple[dict[str, Any], int]:
    """Counted packets and the CPU in ns that the gateway spent meanwhile."""
    await generator.ask(op="mark")
    start = usage(gateway.pid).cpu_ns
    counted = await generator.ask(op="run", seconds=seconds)
    return counted, usage(gateway.pid).cpu_ns - start


def _refused(counts: dict[str, float]) -> float:
    names = ("crosspatch_media_media_flooded_total", "crosspatch_media_datagrams_rejected_total")
    return sum(counts[name] for name in names)
