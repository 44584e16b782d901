"""The radio site: the real bridge process with its simulated radio, a parrot a channel, some traffic."""

import asyncio
import contextlib
import itertools
import os
import shutil
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from sim.demo.leash import leashed
from sim.demo.setting import BRIDGE, RADIO_CODEC, RADIOS
from sim.demo.sounds import murmur
from sim.demo.tally import Tally, spoken
from sim.radio.site import BRIDGE as BRIDGE_PROGRAM
from sim.radio.site import BridgeFailed, Site, site
from sim.signal.encode import read_wav, write_wav

_FOLDERS = (os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin")
_RATE_HZ = 8_000
_PARROT_MS = 500
_CALL_EVERY_S = 75.0
_CALLERS = ("Engine 3", "Ladder 1", "Hose 2")
_AGAIN_S = 3.0
_TIDY_EVERY_S = 30.0
_RECORDINGS_MAX = 40
_JOURNAL_BYTES_MAX = 1_000_000
_WRITTEN_S = 3.0
"""A recording that nobody has written to for so long is complete."""


def broker_missing() -> bool:
    """No Mosquitto where the gateway looks for it."""
    return shutil.which("mosquitto", path=os.pathsep.join(_FOLDERS)) is None


@asynccontextmanager
async def radio_site(folder: Path, broker_url_file: Path) -> AsyncIterator["RadioSite"]:
    """Connected; unkeyed and ended at the end. Raises BridgeFailed."""
    async with site(
        folder,
        BRIDGE,
        [broker_url_file],
        *(radio.channel for radio in RADIOS),
        more=f"parrot_ms = {_PARROT_MS}\ntail_ms = 60\n",
        codec=RADIO_CODEC,
        program=leashed(BRIDGE_PROGRAM),
    ) as bridge:
        yield RadioSite(bridge)


class RadioSite:
    """Made by ``radio_site``."""

    def __init__(self, bridge: Site) -> None:
        self._bridge = bridge
        self._judged: set[Path] = set()

    async def live(self, say: Callable[[str], None], traffic: float, tallies: Sequence[Tally] = ()) -> None:
        """For ever: somebody calls on the second channel now and then; a bridge that ended comes back.

        ``tallies``: of what goes on the air of each channel, where voices are numbered.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep(say), name="radio site")
            tasks.create_task(self._call(say, traffic, counted=bool(tallies)), name="radio traffic")
            tasks.create_task(self._tidy(tallies), name="radio recordings")

    async def _keep(self, say: Callable[[str], None]) -> None:
        while True:
            await self._bridge.ended()
            say("Radio site: away, coming back")
            await asyncio.sleep(_AGAIN_S)
            with contextlib.suppress(BridgeFailed):
                await self._bridge.start()

    async def _call(self, say: Callable[[str], None], traffic: float, *, counted: bool) -> None:
        speech = self._bridge.folder / "call.wav"
        for number in itertools.count():
            await asyncio.sleep(_CALL_EVERY_S / traffic)
            words = spoken(_RATE_HZ) if counted else murmur(8, rate_hz=_RATE_HZ, seed=number % 100)
            write_wav(speech, words, _RATE_HZ)
            caller = _CALLERS[number % len(_CALLERS)]
            try:
                await self._bridge.order(
                    "receive", RADIOS[1].channel, file=str(speech), alias=caller, tail_ms=120, wait=True
                )
            except (BridgeFailed, OSError, TimeoutError, ValueError) as error:
                say(f"{RADIOS[1].name}: no call ({error})")

    async def _tidy(self, tallies: Sequence[Tally]) -> None:
        """The simulated radio keeps what it transmits; of a world that runs for days only the last stays."""
        air = self._bridge.folder / "air"
        while True:
            await asyncio.sleep(_TIDY_EVERY_S)
            recordings = sorted(air.glob("*.wav"), key=lambda path: path.stat().st_mtime)
            for radio, tally in zip(RADIOS, tallies, strict=False):
                await self._judge([path for path in recordings if radio.channel in path.name], tally)
            for old in recordings[:-_RECORDINGS_MAX]:
                old.unlink()
            for journal in (*air.glob("*.jsonl"), self._bridge.folder / "edges"):
                if journal.exists() and journal.stat().st_size > _JOURNAL_BYTES_MAX:
                    os.truncate(journal, 0)

    async def _judge(self, recordings: Sequence[Path], tally: Tally) -> None:
        """Each once, when it is complete."""
        self._judged = {path for path in self._judged if path.exists()}
        for path in recordings:
            if path not in self._judged and time.time() - path.stat().st_mtime > _WRITTEN_S:
                self._judged.add(path)
                await tally.judge(*read_wav(path))
