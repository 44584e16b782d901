"""What one channel receives, on its way to the hub: one stream of frames for each opening of the squelch."""

import asyncio
import secrets

from adapters.bridges.native import RadioStream
from adapters.bridges.session import Session

_END_AGAIN_S = (0.02, 0.06)
"""The end is said three times: QoS 0 may lose it."""


class Reception:
    """Made for one set of terms; ``codec`` as in the contract."""

    def __init__(self, channel: str, session: Session, codec: str, frame_ms: int, frames: int) -> None:
        self._channel = channel
        self._session = session
        self._terms = (codec, frame_ms, frames)
        self._stream: RadioStream | None = None
        self.stream: int | None = None
        """Id of the stream that is open."""

    def push(self, frame: bytes, captured_us: int, rssi_dbm: int | None, *, emergency: bool) -> bool:
        """Send one frame; True when it began a stream."""
        begins = self._stream is None
        if self._stream is None:
            codec, frame_ms, frames = self._terms
            self.stream = secrets.randbelow(2**32 - 1) + 1
            self._stream = RadioStream(
                stream=self.stream,
                codec=codec,
                frame_ms=frame_ms,
                frames_per_message=frames,
                emergency=emergency,
            )
        message = self._stream.push(frame, captured_us, rssi_dbm)
        if message is not None:
            self._session.send_frame(self._channel, message)
        return begins

    def end(self) -> None:
        """The squelch closed."""
        if self._stream is None:
            return
        messages = self._stream.end()
        self.forget()
        for message in messages:
            self._session.send_frame(self._channel, message)
        loop = asyncio.get_running_loop()
        for delay_s in _END_AGAIN_S:
            loop.call_later(delay_s, self._session.send_frame, self._channel, messages[-1])

    def forget(self) -> None:
        """The connection broke: the hub ends the stream by itself, what comes next is another one."""
        self._stream = self.stream = None
