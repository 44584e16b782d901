"""What one channel put on the air: each transmission as a WAV file, each frame as a line of a journal."""

import json
from collections import deque
from pathlib import Path

from adapters.bridges.native import FrameDecoder
from adapters.bridges.ptt_watchdog import now_us
from adapters.bridges.simulated.sound import Recording

_PARROT_FRAMES_MAX = 3000


class Air:
    """``{folder}/{channel}-{n}.wav`` and ``{folder}/{channel}.jsonl``.

    A line of the journal: ``t`` (CLOCK_MONOTONIC, microseconds), ``n`` of the transmission, ``age_us`` as the
    fence knew it, and the ``frame`` in hexadecimal digits.
    """

    def __init__(self, folder: Path, channel: str, codec: str) -> None:
        self._folder = folder
        self._channel = channel
        self._decoder = FrameDecoder(codec)
        self._journal = (folder / f"{channel}.jsonl").open("a", buffering=1, encoding="ascii")
        self._recording: Recording | None = None
        self._transmission = 0
        self._said: deque[bytes] = deque(maxlen=_PARROT_FRAMES_MAX)
        self.keyed = False

    @property
    def rate_hz(self) -> int:
        """Of the PCM."""
        return self._decoder.rate_hz

    def key(self, *, on: bool) -> bytes:
        """PTT was switched; what was said meanwhile, when it was switched off."""
        if on == self.keyed:
            return b""
        self.keyed = on
        if on:
            self._transmission += 1
            path = self._folder / f"{self._channel}-{self._transmission}.wav"
            self._recording = Recording(path, self.rate_hz)
            self._decoder.reset()
            self._said.clear()
        elif self._recording is not None:
            self._recording.close()
            self._recording = None
        return b"" if on else b"".join(self._said)

    def frame(self, frame: bytes, age_us: int) -> None:
        """20 ms go out. A frame that is none is heard as nothing."""
        line = {"t": now_us(), "n": self._transmission, "age_us": age_us, "frame": frame.hex()}
        self._journal.write(f"{json.dumps(line)}\n")
        try:
            pcm = self._decoder.decode(frame)
        except ValueError:
            return
        self._said.append(pcm)
        if self._recording is not None:
            self._recording.write(pcm)

    def close(self) -> None:
        self.key(on=False)
        self._journal.close()
