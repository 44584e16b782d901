"""What the hub says to a bridge outside of the timed path: the session's configuration, and commands."""

from typing import Annotated

import msgspec
from msgspec import Meta

from adapters.radio.contract.limits import CHANNELS_MAX
from adapters.radio.contract.names import OPUS, Enable, Operation, Why
from adapters.radio.contract.up import Count, Milliseconds, Name, Session, Text, Word


class ChannelTerms(
    msgspec.Struct,
    frozen=True,
    rename={
        "frame_ms": "pt",
        "frames": "ag",
        "enable": "en",
        "watchdog_ms": "wd",
        "late_ms": "late",
        "limit_ms": "tot",
        "penalty_ms": "pen",
    },
):
    """What one channel may do and how it speaks."""

    enable: Enable = Enable.OFF
    rx: Word = OPUS
    tx: Word = OPUS
    frame_ms: Milliseconds = 20
    frames: Annotated[int, Meta(ge=1, le=6)] = 1
    """Frames a message."""
    watchdog_ms: Milliseconds = 300
    """Without a valid frame for so long the transmitter is unkeyed."""
    late_ms: Milliseconds = 250
    """A frame or a key older than this never reaches the air."""
    limit_ms: Milliseconds = 60_000
    """Longest transmission."""
    penalty_ms: Milliseconds = 3000
    """Silence after a transmission that hit the limit."""


class Config(
    msgspec.Struct,
    tag_field="v",
    tag=1,
    frozen=True,
    omit_defaults=True,
    rename={
        "session": "sid",
        "version": "pv",
        "epoch": "ep",
        "heartbeat_ms": "hb",
        "channels": "ch",
    },
):
    """The hub takes the session. Channels that are not named stay off; ``why`` says why all of them are."""

    session: Session
    version: Count
    epoch: Count
    """The hub's run; the highest one wins."""
    channels: Annotated[dict[Name, ChannelTerms], Meta(max_length=CHANNELS_MAX)]
    heartbeat_ms: Milliseconds = 1000
    why: Why | None = None


class Command(
    msgspec.Struct,
    tag_field="v",
    tag=1,
    frozen=True,
    omit_defaults=True,
    rename={"number": "n", "epoch": "ep", "hertz": "fq", "digits": "dg", "text": "txt"},
):
    """An order that is not about the air's timing; repeated ones are known by MQTT correlation data."""

    op: Operation
    epoch: Count
    number: Count | None = None
    hertz: Count | None = None
    on: bool | None = None
    digits: Word = ""
    text: Text = ""
