"""The Python side of the instruments in a page."""

import base64
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from playwright.async_api import Page

from sim.signal.encode import Pcm, numbered
from sim.signal.named import Named
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


class Scripted(Protocol):
    """What the instruments need of a page, in the words of Playwright."""

    async def evaluate(self, expression: str, arg: Any = ..., /) -> Any: ...  # noqa: ANN401 - as the script gives
    async def wait_for_function(self, expression: str, /, *, arg: Any, timeout: float) -> Any: ...  # noqa: ANN401, ASYNC109


class Instruments:
    """The instruments of one page of whatever browser."""

    def __init__(self, page: Scripted) -> None:
        self._scripted = page

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
        started_at_ms: float = await self._scripted.evaluate(
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
        await self._scripted.evaluate("instruments.recorder.reset()")

    async def heard_out(self, *, loud_ms: float, quiet_ms: float = 500) -> None:
        """Wait until at least ``loud_ms`` of sound and then ``quiet_ms`` of quiet have been played."""
        await self._scripted.wait_for_function(
            "([loud, quiet]) => {"
            "  const at = instruments.recorder.progress();"
            "  return at.loudMs >= loud && at.quietMs >= quiet;"
            "}",
            arg=[loud_ms, quiet_ms],
            timeout=_PAGE_DEADLINE_MS,
        )

    async def listened(self, ms: float) -> None:
        """Wait until ``ms`` have been recorded since ``forget``, sound or not."""
        await self._scripted.wait_for_function(
            "(ms) => instruments.recorder.progress().recordedMs >= ms", arg=ms, timeout=_PAGE_DEADLINE_MS + ms
        )

    async def played(self) -> list[Played]:
        """Every received track's recording since ``forget``."""
        rows: list[dict[str, Any]] = await self._scripted.evaluate("instruments.recorder.take()")
        return [_played(row) for row in rows]

    async def named(self) -> list[Named]:
        """The same with whose the page said each track was, at every moment."""
        rows: list[dict[str, Any]] = await self._scripted.evaluate("instruments.recorder.take()")
        return [
            Named(_played(row), tuple((int(name["from"]), str(name["leg"])) for name in row["names"]))
            for row in rows
        ]

    async def transports(self) -> list[str]:
        """The origin line of every transport's last offer: its version rises with each (RFC 8866 5.2)."""
        lines: list[str] = await self._scripted.evaluate(
            "instruments.connections.map((one) => one.localDescription.sdp.split('\\r\\n')[1])"
        )
        return lines

    async def inbound_audio(self) -> InboundAudio:
        rows: list[dict[str, Any]] = await self._scripted.evaluate("instruments.inboundAudio()")

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


def _played(row: dict[str, Any]) -> Played:
    return Played(
        np.frombuffer(base64.b64decode(row["pcm"]), dtype="<i2").astype(np.int16),
        int(row["rate"]) or _RATE_HZ,
        float(row["firstAt"]),
    )


class InstrumentedPage(Instruments):
    """A page of Chromium; ``page`` is Playwright's own, for navigation and selectors."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.page = page
        self.console: list[str] = []
        """Errors the page wrote; a story prints them when it fails."""
        page.on("console", lambda line: self.console.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: self.console.append(str(error)))
