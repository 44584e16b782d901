"""Sound files in and out, mono and 16 bit."""

import wave
from collections.abc import Iterator
from pathlib import Path

SAMPLE_BYTES = 2
FRAMES_A_SECOND = 50
SOUND_S_MAX = 600


def frame_bytes(rate_hz: int) -> int:
    """Bytes of 20 ms."""
    return rate_hz // FRAMES_A_SECOND * SAMPLE_BYTES


def read_sound(path: Path, rate_hz: int) -> bytes:
    """Samples of a WAV file, or of one without a header (s16le). Raises OSError, ValueError."""
    if path.suffix.lower() != ".wav":
        pcm = path.read_bytes()
    else:
        try:
            with wave.open(str(path), "rb") as source:
                found = (source.getnchannels(), 8 * source.getsampwidth(), source.getframerate())
                if found != (1, 16, rate_hz):
                    raise ValueError(
                        f"{path.name}: found {found[0]} channel(s), {found[1]} bit, {found[2]} Hz,"
                        f" expected 1, 16, {rate_hz}; type: sox {path.name} -r {rate_hz} -c 1 -b 16 new.wav"
                    )
                pcm = source.readframes(SOUND_S_MAX * rate_hz)
        except (wave.Error, EOFError) as error:
            raise ValueError(f"{path.name}: no WAV file ({error})") from error
    return pcm[: SOUND_S_MAX * rate_hz * SAMPLE_BYTES]


def frames_of(pcm: bytes, rate_hz: int) -> Iterator[bytes]:
    """20 ms each; the last is filled up with silence."""
    step = frame_bytes(rate_hz)
    for at in range(0, len(pcm), step):
        yield pcm[at : at + step].ljust(step, b"\0")


class Recording:
    """One WAV file that grows; its header is right after ``close``."""

    def __init__(self, path: Path, rate_hz: int) -> None:
        self._file = wave.open(str(path), "wb")  # noqa: SIM115 - closed by close()
        self._file.setnchannels(1)
        self._file.setsampwidth(SAMPLE_BYTES)
        self._file.setframerate(rate_hz)

    def write(self, pcm: bytes) -> None:
        self._file.writeframesraw(pcm)

    def close(self) -> None:
        self._file.close()
