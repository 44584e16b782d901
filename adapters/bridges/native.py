"""The part of the Rust extension that a bridge uses; the only importer of it in this folder."""

from typing import TYPE_CHECKING

from gateway._native import (
    FrameDecoder,
    FrameEncoder,
    RadioFence,
    RadioStream,
    RadioUplink,
    radio_decode,
)

if TYPE_CHECKING:
    # A type of the stub; the extension itself has no such name.
    from gateway._native import RadioAction as RadioAction  # noqa: PLC0414

__all__ = ["FrameDecoder", "FrameEncoder", "RadioFence", "RadioStream", "RadioUplink", "radio_decode"]
