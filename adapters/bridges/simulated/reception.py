"""Playing what is heard: the squelch opens, sound in real time, a tail of noise, the squelch closes."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from adapters.bridges.native import FrameEncoder
from adapters.bridges.ptt_watchdog import now_us
from adapters.bridges.radio import RadioSink, Talking
from adapters.bridges.simulated.sound import FRAMES_A_SECOND, frame_bytes, frames_of

_FRAME_S = 1 / FRAMES_A_SECOND
_NOISE_SHIFT = 3


@dataclass(frozen=True, slots=True)
class Heard:
    """One transmission of somebody else."""

    pcm: bytes
    rssi_dbm: int = -80
    tail_ms: int = 0
    """Noise after the sound, before the squelch notices."""
    talking: Talking | None = None


async def play(heard: Heard, channel: str, codec: str, sink: RadioSink, deaf: Callable[[], bool]) -> None:
    """Play it into the bridge; ``deaf`` says that the radio is transmitting."""
    encoder = FrameEncoder(codec)
    loop = asyncio.get_running_loop()
    pcm = heard.pcm + _noise(heard.tail_ms, encoder.rate_hz)
    began, began_us = loop.time(), now_us()
    is_open = False
    try:
        for number, block in enumerate(frames_of(pcm, encoder.rate_hz), start=1):
            if deaf() is is_open:
                is_open = not is_open
                sink.carrier(channel, on=is_open, rssi_dbm=heard.rssi_dbm if is_open else None)
                if is_open and heard.talking is not None:
                    sink.talker(channel, heard.talking)
            await asyncio.sleep(began + number * _FRAME_S - loop.time())
            if is_open:
                captured_us = began_us + round((number - 1) * _FRAME_S * 1e6)
                sink.received(channel, encoder.encode(block), captured_us)
    finally:
        if is_open:
            sink.carrier(channel, on=False)


def _noise(length_ms: int, rate_hz: int) -> bytes:
    """Squelch noise at about -18 dBov."""
    count = length_ms * frame_bytes(rate_hz) // 20 // 2
    noise = (int.from_bytes(secrets.token_bytes(2), "little", signed=True) for _ in range(count))
    return b"".join((sample >> _NOISE_SHIFT).to_bytes(2, "little", signed=True) for sample in noise)
