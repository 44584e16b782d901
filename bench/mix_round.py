"""One round of a mix: let all in, let some talk, read what it cost, listen to what came."""

import asyncio
from dataclasses import dataclass

from bench.peers.mixers import HOST, Mixer
from bench.process import usage
from bench.rtp_load import Participant, Rehearsed, talk

_SETTLED_S = 3.0
"""Jitter buffers have found their depth, encoders are made."""


@dataclass(frozen=True, slots=True)
class MixLoad:
    participants: int
    talkers: int
    silence: bool
    """Those who do not talk send silence; else nothing."""

    def text(self) -> str:
        others = "the others send silence" if self.silence else "the others send nothing"
        return f"{self.participants} participants, {self.talkers} talk, {others}"


@dataclass(frozen=True, slots=True)
class MixRound:
    """Figures of one round."""

    program: str
    load: MixLoad
    cpu_percent: float
    """Of one core, all threads."""
    cpu_us: float
    """CPU a participant and second, in microseconds."""
    packets_per_s: float
    """That a participant got, on average."""
    memory_kib: float
    """Growth of the resident set over a participant."""
    threads: int
    mixed_right: bool
    """A silent participant heard every talker, a talker every other talker and not itself."""


async def play(mixer: Mixer, load: MixLoad, rehearsed: Rehearsed, seconds: float) -> MixRound:
    """Run one round against a freshly started ``mixer``."""
    await mixer.start()
    participants: list[Participant] = []
    over = asyncio.Event()
    try:
        empty = usage(mixer.pid)
        for number in range(load.participants):
            payloads = rehearsed.talkers[number] if number < load.talkers else rehearsed.silence
            participants.append(await Participant.open(HOST, payloads))
            await mixer.join(participants[-1])
        senders = participants if load.silence else participants[: load.talkers]
        for participant in participants:
            participant.send()  # a first packet from everybody, behind which its address is known
        talking = asyncio.create_task(talk(senders, over))
        await asyncio.sleep(_SETTLED_S)
        start, got = usage(mixer.pid), sum(participant.received for participant in participants)
        await asyncio.sleep(seconds)
        end, got = usage(mixer.pid), sum(participant.received for participant in participants) - got
        over.set()
        await talking
    finally:
        over.set()
        for participant in participants:
            participant.close()
        await mixer.stop()
    everybody = set(range(load.talkers))
    spent_ns = end.cpu_ns - start.cpu_ns
    return MixRound(
        program=mixer.name,
        load=load,
        cpu_percent=spent_ns / seconds / 1e7,
        cpu_us=spent_ns / 1000 / seconds / load.participants,
        packets_per_s=got / seconds / load.participants,
        memory_kib=(end.rss_bytes - empty.rss_bytes) / 1024 / load.participants,
        threads=end.threads,
        mixed_right=participants[-1].hears() == everybody and participants[0].hears() == everybody - {0},
    )
