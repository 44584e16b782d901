"""The burnt-in number is read after scaling and coding, and never guessed."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from sim.signal.frame_number import FrameNumber, Luma, burn, read, write_y4m


def _scene(width: int, height: int, seed: int) -> Luma:
    """Smooth shapes with noise: something for a video coder to spend bits on."""
    rng = np.random.default_rng(seed)
    across, down = np.meshgrid(np.arange(width), np.arange(height))
    waves = 128 + 60 * np.sin(across / 37 + seed) * np.cos(down / 23 - seed)
    return (waves + rng.normal(0, 12, (height, width))).clip(0, 255).astype(np.uint8)


def _luma(frame: av.VideoFrame) -> Luma:
    return frame.to_ndarray(format="gray").astype(np.uint8)


def _numbered(width: int, height: int, number: int, source: int = 7) -> Luma:
    picture = _scene(width, height, seed=number)
    burn(picture, FrameNumber(number, source))
    return picture


@pytest.mark.parametrize("number", [0, 1, 0x5555, 0xAAAA, 65_535])
@pytest.mark.parametrize("size", [(1280, 720), (640, 360), (178, 100)])
def test_the_number_is_read_back(number: int, size: tuple[int, int]) -> None:
    assert read(_numbered(*size, number)) == FrameNumber(number, 7)


@pytest.mark.parametrize("size", [(640, 360), (320, 180), (160, 90)])
def test_the_number_survives_scaling_and_a_lossy_coder(size: tuple[int, int]) -> None:
    encoder = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height = size
    encoder.pix_fmt, encoder.time_base, encoder.bit_rate = "yuv420p", Fraction(1, 30), 150_000
    encoder.options = {"deadline": "realtime", "cpu-used": "8"}
    decoder = av.CodecContext.create("vp8", "r")
    seen = []
    for number in range(100, 130):
        full = av.VideoFrame.from_ndarray(_numbered(1280, 720, number), format="gray")
        small = full.reformat(*size, format="yuv420p")
        small.pts = number
        for packet in encoder.encode(small):
            seen += [read(_luma(out)) for out in decoder.decode(packet)]
    assert len(seen) >= 25
    assert seen == [FrameNumber(number, 7) for number in range(100, 100 + len(seen))]


@pytest.mark.parametrize("seed", range(20))
def test_a_picture_without_a_number_reads_as_none(seed: int) -> None:
    assert read(_scene(640, 360, seed)) is None


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_blank_picture_reads_as_none(grey: int) -> None:
    assert read(np.full((360, 640), grey, dtype=np.uint8)) is None


def test_a_number_damaged_by_another_reads_as_none() -> None:
    above, below = _numbered(640, 360, 0x1234), _numbered(640, 360, 0x4321)
    torn = np.vstack([above[:30], below[30:]])
    assert read(torn) is None


def test_a_y4m_file_holds_the_pictures_in_order(tmp_path: Path) -> None:
    path = tmp_path / "camera.y4m"
    write_y4m(path, (_numbered(320, 180, number) for number in range(5)), rate=30)
    with av.open(path) as container:
        seen = [read(_luma(frame)) for frame in container.decode(video=0)]
    assert seen == [FrameNumber(number, 7) for number in range(5)]
