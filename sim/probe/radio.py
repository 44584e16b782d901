"""A two-way radio with a stopwatch: the channel of a bridge, its squelch and its transmitter."""

import os
import time
from pathlib import Path

from sim.phone.codec import Pcmu
from sim.probe.house import House
from sim.probe.take import Block, Spurt, Take
from sim.radio.site import Site
from sim.signal.encode import numbered, write_wav

CODEC = "PCMU"
_CALLER = "Unit 12"


class RadioLeg:
    """One channel of a site."""

    def __init__(self, site: Site, channel: str, house: House) -> None:
        self.channel = channel
        self._site = site
        self._house = house
        self._speech: Path = site.folder / f"{channel}-speech.wav"

    async def talk(self, first: int, frames: int) -> Spurt:
        """The carrier opens with the first sample.

        A radio is not told that it may speak: it has the floor when the members of the room are told so.
        """
        write_wav(self._speech, numbered(first, frames, rate_hz=Pcmu.rate_hz), Pcmu.rate_hz)
        self._house.forget()
        pressed_s = time.monotonic()
        await self._site.order("receive", self.channel, file=str(self._speech), alias=_CALLER, wait=True)
        return Spurt(pressed_s, self._house.taken_s, pressed_s, first, frames)

    async def forget(self) -> None:
        """Empty the transmitter's journal, which is written at its end whatever its length is."""
        journal = self._site.folder / "air" / f"{self.channel}.jsonl"
        if journal.exists():
            os.truncate(journal, 0)

    async def take(self) -> Take:
        """What went on the air since ``forget``, by the time at which each frame was handed to the radio."""
        codec = Pcmu()
        aired = self._site.aired(self.channel)
        frame = Pcmu.rate_hz // 50
        blocks = (
            Block(number * frame, row.at_us / 1e6, codec.decode(row.frame))
            for number, row in enumerate(aired)
        )
        return Take(Pcmu.rate_hz, blocks)

    def keyed(self) -> bool:
        """Its PTT line is on."""
        edges = self._site.edges(self.channel)
        return bool(edges) and edges[-1].on
