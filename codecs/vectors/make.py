"""Make the golden vectors with ffmpeg and sox, which share no code with our codecs.

Usage: python3 codecs/vectors/make.py        (needs ffmpeg with libopus, and sox, in PATH)

The results are committed; run this again only to add a vector. README.md says what each file is.
"""

from __future__ import annotations

import math
import random
import struct
import subprocess
from array import array
from pathlib import Path

HERE = Path(__file__).parent
SECONDS = 0.6


def speech_like(rate_hz: int, seed: int) -> bytes:
    """Harmonics of a gliding pitch under moving formants, breath noise, a pause and one clipped peak."""
    rng = random.Random(seed)
    count = int(SECONDS * rate_hz)
    samples = array("h")
    phase = 0.0
    for n in range(count):
        at = n / rate_hz
        pitch = 110 + 60 * math.sin(2 * math.pi * 1.7 * at)
        phase += 2 * math.pi * pitch / rate_hz
        formant = 700 + 500 * math.sin(2 * math.pi * 3.1 * at)
        voice = sum(
            math.sin(k * phase) * (math.exp(-(((k * pitch - formant) / 400) ** 2)) + 0.15 / k)
            for k in range(1, int(0.45 * rate_hz / pitch))
        )
        loud = 0.0 if 0.25 < at < 0.32 else 9000 * (0.6 + 0.4 * math.sin(2 * math.pi * 4 * at))
        value = loud * voice + rng.gauss(0, 60)
        if 0.4 < at < 0.405:
            value *= 20
        samples.append(max(-32768, min(32767, int(value))))
    return samples.tobytes()


def every_sample() -> bytes:
    """Each eighth value of a 16-bit sample."""
    return struct.pack("<8192h", *range(-32768, 32768, 8))


def run(command: list[str], data: bytes) -> bytes:
    """Run one conversion from stdin to stdout."""
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


def ffmpeg(*args: str, data: bytes) -> bytes:
    """Convert with ffmpeg."""
    return run(["ffmpeg", "-hide_banner", "-loglevel", "error", *args, "pipe:1"], data)


def companding() -> None:
    """G.711: encode by sox (ffmpeg moves the decision values between segments), decode by ffmpeg."""
    pcm = every_sample()
    (HERE / "g711_in.s16").write_bytes(pcm)
    for name, suffix in (("mulaw", "ul"), ("alaw", "al")):
        raw = ["-t", "raw", "-e", "signed", "-b", "16", "-r", "8000", "-c", "1", "-", "-t", suffix, "-"]
        (HERE / f"g711_{name}.bin").write_bytes(run(["sox", "-D", *raw], pcm))
        table = ["-f", name, "-ar", "8000", "-ac", "1", "-i", "pipe:0", "-f", "s16le", "-c:a", "pcm_s16le"]
        (HERE / f"g711_{name}_table.s16").write_bytes(ffmpeg(*table, data=bytes(range(256))))


def sub_band() -> None:
    """G.722: encode and decode at 64 kbit/s."""
    pcm = speech_like(16_000, seed=722)
    (HERE / "g722_in.s16").write_bytes(pcm)
    raw = ["-f", "s16le", "-ar", "16000", "-ac", "1", "-i", "pipe:0", "-c:a", "g722", "-f", "g722"]
    coded = ffmpeg(*raw, data=pcm)
    (HERE / "g722.bin").write_bytes(coded)
    back = ["-f", "g722", "-i", "pipe:0", "-f", "s16le", "-c:a", "pcm_s16le"]
    (HERE / "g722_out.s16").write_bytes(ffmpeg(*back, data=coded))


def ogg_packets(ogg: bytes) -> list[bytes]:
    """The packets of an Ogg stream (RFC 3533 section 6), without the two header packets."""
    packets, part, at = [], b"", 0
    while at < len(ogg):
        lacing = ogg[at + 27 : at + 27 + ogg[at + 26]]
        at += 27 + len(lacing)
        for size in lacing:
            part += ogg[at : at + size]
            at += size
            if size < 255:
                packets.append(part)
                part = b""
    return packets[2:]


def opus() -> None:
    """Opus: packets by ffmpeg's libopus, sound by ffmpeg's own decoder (not libopus)."""
    pcm = speech_like(48_000, seed=6716)
    raw = ["-f", "s16le", "-ar", "48000", "-ac", "1", "-i", "pipe:0", "-c:a", "libopus", "-b:a", "64k"]
    ogg = ffmpeg(*raw, "-application", "audio", "-frame_duration", "20", "-f", "ogg", data=pcm)
    packets = ogg_packets(ogg)
    framed = b"".join(struct.pack("<H", len(p)) + p for p in packets)
    (HERE / "opus_packets.bin").write_bytes(framed)
    back = ["-c:a", "opus", "-i", "pipe:0", "-ar", "48000", "-ac", "1", "-f", "s16le", "-c:a", "pcm_s16le"]
    (HERE / "opus_out.s16").write_bytes(ffmpeg(*back, data=ogg))


if __name__ == "__main__":
    companding()
    sub_band()
    opus()
