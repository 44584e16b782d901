"""The radio door under load: many bridges, many talking at once, one broker, one radio thread.

    python -m bench.radio --bridges 20 --channels 4 --talking 40 --seconds 10 --rounds 3 --out target/bench

Frames go from the sites over Mosquitto to the hub's radio thread and leave it as RTP; each carries the moment
at which its 20 ms were complete, so that its age at the RTP socket is known to the microsecond (one machine,
one clock). Loopback only, bounded in time.
"""

import asyncio
import json
import secrets
import socket
import string
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles

import click

from adapters.bridges.ptt_watchdog import now_us
from adapters.radio.broker import EmbeddedBroker
from adapters.radio.native import RadioEdge
from bench.process import usage
from bench.radio_sites import STAMP_BYTES

_PROCESSES = 2
_THREAD = "radio-io"
_RTP_HEADER_BYTES = 12
_PULSE_S = 0.5
_DEADLINE_S = 30.0
_ROOM_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Round:
    """What one round showed."""

    sent: int
    dropped: int
    """At the source."""
    heard: int
    lost: int
    age_p50_ms: float
    age_p99_ms: float
    age_most_ms: float
    hub_us_a_frame: float
    """CPU of the radio thread."""
    broker_us_a_frame: float
    """CPU of Mosquitto."""


class Ears:
    """One UDP socket for all channels: ages of the frames, from the stamp in their payload."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ROOM_BYTES)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0)
        self.port: int = self.socket.getsockname()[1]
        self.ages_us: list[int] = []

    def listen(self) -> None:
        """Read what is there."""
        with suppress(BlockingIOError):
            while True:
                packet = self.socket.recv(2048)
                stamp = packet[_RTP_HEADER_BYTES : _RTP_HEADER_BYTES + STAMP_BYTES]
                self.ages_us.append(now_us() - int.from_bytes(stamp, "big"))


async def play(bridges: int, channels: int, talking: int, seconds: float) -> Round:
    """One round with everything of its own."""
    names = [f"site{number}" for number in range(bridges)]
    sids = {name: "".join(secrets.choice(string.ascii_letters) for _ in range(8)) for name in names}
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedBroker(Path(folder), tuple(names)) as broker:
            hub = broker.logins["hub"]
            edge = RadioEdge(
                host=broker.host,
                port=broker.port,
                client_id=hub.username,
                username=hub.username,
                password=hub.password,
                epoch=1,
            )
            try:
                return await _measured(broker, edge, sids, (channels, talking, seconds))
            finally:
                edge.stop()


async def _measured(
    broker: EmbeddedBroker, edge: RadioEdge, sids: dict[str, str], load: tuple[int, int, float]
) -> Round:
    channels, talking, seconds = load
    ears, loop = Ears(), asyncio.get_running_loop()
    loop.add_reader(ears.socket, ears.listen)
    loop.add_reader(edge.event_fd(), _let_out, edge)
    for number, name in enumerate(sids):
        for channel in range(channels):
            edge.open(number * channels + channel, name, f"c{channel}", "PCMU")
            edge.aim(number * channels + channel, ears.port)
        edge.expect(name, sids[name])
    pulsing = asyncio.create_task(_pulse(edge))
    try:
        sites = [
            await _start(broker, share, seconds, talking // len(sids))
            for share in (list(sids.items())[part::_PROCESSES] for part in range(_PROCESSES))
        ]
        async with asyncio.timeout(_DEADLINE_S + seconds):
            for site in sites:
                await _line(site)
            if broker.pid is None:
                raise click.ClickException("the broker ended")
            before = usage(_own_pid()), usage(broker.pid)
            told = [json.loads(await _line(site)) for site in sites]
            after = usage(_own_pid()), usage(broker.pid)
            await asyncio.gather(*(site.wait() for site in sites))
        sent, dropped = (sum(part[key] for part in told) for key in ("sent", "dropped"))
        ages = sorted(ears.ages_us)
        hub_ns = after[0].since(before[0])[_THREAD]
        broker_ns = after[1].cpu_ns - before[1].cpu_ns
        return Round(
            sent,
            dropped,
            len(ages),
            sent - len(ages),
            median(ages) / 1000,
            quantiles(ages, n=100)[-1] / 1000,
            ages[-1] / 1000,
            hub_ns / 1000 / sent,
            broker_ns / 1000 / sent,
        )
    finally:
        pulsing.cancel()
        loop.remove_reader(ears.socket)
        loop.remove_reader(edge.event_fd())
        ears.socket.close()


def _let_out(edge: RadioEdge) -> None:
    for event in edge.drain():
        if event[0] == "rx_start":
            edge.hear(event[1], event[2])


async def _pulse(edge: RadioEdge) -> None:
    while True:
        edge.pulse()
        await asyncio.sleep(_PULSE_S)


async def _start(
    broker: EmbeddedBroker, share: list[tuple[str, str]], seconds: float, talking: int
) -> asyncio.subprocess.Process:
    bridges = [f"{name}:{broker.logins[name].password}:{sid}" for name, sid in share]
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.radio_sites", str(broker.port), str(seconds)),
        *(str(talking), *bridges),
        stdout=asyncio.subprocess.PIPE,
    )


async def _line(process: asyncio.subprocess.Process) -> str:
    line = await process.stdout.readline() if process.stdout is not None else b""
    if not line:
        raise click.ClickException("the sites ended")
    return line.decode()


def _own_pid() -> int:
    return int(Path("/proc/self").readlink().name)


def table(rounds: list[Round]) -> str:
    """Least, median and most of the rounds."""
    rows = ["| figure | least | median | most |", "|---|---|---|---|"]
    for name in asdict(rounds[0]):
        values = sorted(getattr(one, name) for one in rounds)
        rows.append(f"| {name} | {values[0]:.4g} | **{median(values):.4g}** | {values[-1]:.4g} |")
    return "\n".join(rows)


@click.command(help=__doc__)
@click.option("--bridges", default=20, help="Radio sites.")
@click.option("--channels", default=4, help="Channels of each.")
@click.option("--talking", default=40, help="Channels that talk, over all sites.")
@click.option("--seconds", default=10.0, help="Seconds of speech a round.")
@click.option("--rounds", default=3, help="Rounds.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("target/bench"),
    help="Folder for radio.md and radio.json.",
)
def main(bridges: int, channels: int, talking: int, seconds: float, rounds: int, out: Path) -> None:
    results = []
    for number in range(rounds):
        results.append(asyncio.run(play(bridges, channels, talking, seconds)))
        click.echo(f"round {number + 1}: {results[-1]}", err=True)
    text = table(results)
    out.mkdir(parents=True, exist_ok=True)
    (out / "radio.md").write_text(text + "\n")
    (out / "radio.json").write_text(json.dumps([asdict(one) for one in results], indent=1) + "\n")
    click.echo(text)
    if any(one.lost for one in results):
        sys.exit("frames were lost")


if __name__ == "__main__":
    main()
