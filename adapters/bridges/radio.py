"""What a radio is to a bridge: ``RadioAdapter`` does, ``RadioSink`` hears.

Implemented by ``adapters.bridges.simulated``; the sink is the bridge. Frames are in the channel's codec,
20 ms each. PTT is not here: it goes through the watchdog process, which keys the radio by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from adapters.radio.contract.down import Command
from adapters.radio.contract.names import Why


@dataclass(frozen=True, slots=True)
class ChannelSetup:
    """One channel as the site's file describes it."""

    id: str
    codec: str
    """``opus`` or ``PCMU``."""
    parrot_ms: int = 0
    """Simulated radio only: answer what was transmitted after this pause; 0: no."""
    squelch_tail_ms: int = 0
    """Simulated radio only: what its receiver makes of the end of a transmission."""


@dataclass(frozen=True, slots=True)
class Talking:
    """Who talks on the air, as far as the radio says. Personal data."""

    id: str = ""
    alias: str = ""
    group: str = ""


class RadioSink(Protocol):
    """What a radio tells its bridge; every call on the event loop's thread, none waits."""

    def carrier(self, channel: str, *, on: bool, rssi_dbm: int | None = None) -> None:
        """The squelch opened or closed."""

    def received(self, channel: str, frame: bytes, captured_us: int) -> None:
        """20 ms of what is heard; ``captured_us``: CLOCK_MONOTONIC, microseconds, of the first sample."""

    def talker(self, channel: str, talking: Talking) -> None:
        """Who is heard, when the radio comes to know it."""

    def emergency(self, channel: str, *, on: bool, talking: Talking) -> None:
        """Somebody pressed the emergency button, or it was ended."""

    def fault(self, channel: str, code: str) -> None:
        """The transmitter failed: ``code`` as in the contract, such as swr, temp, pll; "" all is well."""


class RadioAdapter(Protocol):
    """A radio, or a network of radios."""

    name: str
    """Kind of radio, shown to the hub."""

    async def open(self, channels: Sequence[ChannelSetup], sink: RadioSink) -> None:
        """Connect to the radio. Raises OSError, ValueError with what to do."""

    def transmit(self, channel: str, frame: bytes, age_us: int) -> None:
        """Put a frame on the air now; never waits. ``age_us``: how old it was when it reached the bridge."""

    def flush(self, channel: str) -> None:
        """Discard what was handed over and is not on the air yet."""

    def keyed(self, channel: str, *, on: bool) -> None:
        """The PTT output was switched."""

    async def command(self, channel: str, command: Command) -> Why | None:
        """Carry out; None: done, else why not."""

    async def close(self) -> None:
        """Let go of the radio."""
