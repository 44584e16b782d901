"""The Python side of the instruments in a page."""

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np
from playwright.async_api import Page

from sim.signal.encode import Pcm, numbered
from sim.signal.played import Played
from sim.signal.tones import CYCLE, FRAME_MS

_RATE_HZ = 48_000
_TAIL_MS = 300
"""Silence after the last index, so that what is buffered before the network has left the page."""
_PAGE_DEADLINE_MS = 30_000


@dataclass(frozen=True, slots=True)
class InboundAudio:
    """The browser's own account of its received audio, summed over all tracks (webrtc-stats)."""

    packets_received: int
    packets_lost: int
    concealed_samples: int
    silent_concealed_samples: int
    jitter_buffer_delay_s: float
    """Mean over all samples played."""


class InstrumentedPage:
    """One page; ``page`` is Playwright's own, for navigation and selectors."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.console: list[str] = []
        """Errors the page wrote; a story prints them when it fails."""
        page.on("console", lambda line: self.console.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: self.console.append(str(error)))

    async def say(self, first: int, count: int, *, lead_ms: int = 0) -> float:
        """Speak ``count`` frames from index ``first``; returns when they and 300 ms of silence are out.

        ``lead_ms`` of silence go before them, as a person waits for the tone. The value is the wall time
        in ms at which index 0 went out, or would have.
        """
        frame = _RATE_HZ * FRAME_MS // 1000
        begin, samples = first % CYCLE * frame, count * frame
        started_at_ms = await self._play(numbered(0, CYCLE), begin, samples, lead_ms)
        return started_at_ms - first * FRAME_MS

    async def play(self, pcm: Pcm, *, lead_ms: int = 0) -> float:
        """Say any sound (48 kHz) as ``say`` says numbers; the wall time in ms of its first sample."""
        return await self._play(pcm, 0, len(pcm), lead_ms)

    async def _play(self, cycle: Pcm, offset: int, samples: int, lead_ms: int) -> float:
        started_at_ms: float = await self.page.evaluate(
            "(what) => instruments.microphone.play(what)",
            {
                "cycle": base64.b64encode(cycle.tobytes()).decode(),
                "offset": offset,
                "samples": samples,
                "lead": lead_ms * _RATE_HZ // 1000,
                "tail": _TAIL_MS * _RATE_HZ // 1000,
            },
        )
        return started_at_ms

    async def forget(self) -> None:
        """Empty the recorder."""
        await self.page.evaluate("instruments.recorder.reset()")

    async def heard_out(self, *, loud_ms: float, quiet_ms: float = 500) -> None:
        """Wait until at least ``loud_ms`` of sound and then ``quiet_ms`` of quiet have been played."""
        await self.page.wait_for_function(
            "([loud, quiet]) => {"
            "  const at = instruments.recorder.progress();"
            "  return at.loudMs >= loud && at.quietMs >= quiet;"
            "}",
            arg=[loud_ms, quiet_ms],
            timeout=_PAGE_DEADLINE_MS,
        )

    async def listened(self, ms: float) -> None:
        """Wait until ``ms`` have been recorded since ``forget``, sound or not."""
        await self.page.wait_for_function(
            "(ms) => instruments.recorder.progress().recordedMs >= ms", arg=ms, timeout=_PAGE_DEADLINE_MS + ms
        )

    async def played(self) -> list[Played]:
        """Every received track's recording since ``forget``."""
        rows: list[dict[str, Any]] = await self.page.evaluate("instruments.recorder.take()")
        return [
            Played(
                np.frombuffer(base64.b64decode(row["pcm"]), dtype="<i2").astype(np.int16),
                int(row["rate"]) or _RATE_HZ,
                float(row["firstAt"]),
            )
            for row in rows
        ]

    async def inbound_audio(self) -> InboundAudio:
        rows: list[dict[str, Any]] = await self.page.evaluate("instruments.inboundAudio()")

        def total(key: str) -> float:
            return sum(float(row.get(key, 0)) for row in rows)

        emitted = total("jitterBufferEmittedCount")
        return InboundAudio(
            packets_received=int(total("packetsReceived")),
            packets_lost=int(total("packetsLost")),
            concealed_samples=int(total("concealedSamples")),
            silent_concealed_samples=int(total("silentConcealedSamples")),
            jitter_buffer_delay_s=total("jitterBufferDelay") / emitted if emitted else 0.0,
        )
