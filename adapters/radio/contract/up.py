"""What a bridge says: presence, descriptor, status and events of a channel, replies.

Every message is a map with the version under ``v`` and short keys; a field that is absent is unknown.
``session`` is the eight characters a bridge draws at its start; retained messages of another session than
the newest state are stale. ``t`` is the sender's monotonic clock in microseconds.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from adapters.radio.contract.limits import (
    CHANNELS_MAX,
    LIST_LEN_MAX,
    PRESETS_MAX,
    STRING_CHARS_MAX,
    TEXT_CHARS_MAX,
)
from adapters.radio.contract.names import Direction, Duplex, Operation, Why

Word = Annotated[str, Meta(max_length=STRING_CHARS_MAX)]
Text = Annotated[str, Meta(max_length=TEXT_CHARS_MAX)]
Name = Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,32}$")]
Session = Annotated[str, Meta(pattern=r"^[0-9A-Za-z]{8}$")]
Bit = Annotated[int, Meta(ge=0, le=1)]
U32 = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Milliseconds = Annotated[int, Meta(ge=0, le=86_400_000)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
Decibels = Annotated[float, Meta(ge=-200, le=200)]
Words = Annotated[list[Word], Meta(max_length=LIST_LEN_MAX)]


class State(msgspec.Struct, tag_field="v", tag=1, frozen=True, omit_defaults=True, rename={"session": "sid"}):
    """Presence; ``on`` False is also what the broker says when the connection breaks (``why`` lwt)."""

    on: bool
    session: Session
    t: Count | None = None
    w: Count | None = None
    """Wall clock, milliseconds; for logs only."""
    why: Word = ""


class Preset(
    msgspec.Struct,
    frozen=True,
    omit_defaults=True,
    rename={"number": "n", "name": "nm", "receive_hz": "rxf", "transmit_hz": "txf", "mode": "md"},
):
    """A channel of the radio that it is, or can be, switched to."""

    number: Count
    name: Word = ""
    receive_hz: Count | None = None
    transmit_hz: Count | None = None
    mode: Word = ""


class ChannelDescription(
    msgspec.Struct,
    frozen=True,
    omit_defaults=True,
    rename={
        "name": "nm",
        "direction": "dir",
        "duplex": "dx",
        "frames_ms": "pt",
        "key_delay_ms": "txd",
        "limit_ms": "tot",
        "capabilities": "cap",
        "presets": "chs",
    },
):
    """One radio channel in a birth."""

    id: Name
    name: Word = ""
    direction: Direction = Direction.RXTX
    duplex: Duplex = Duplex.HALF
    rx: Words = []
    """Codecs it can send us, the preferred one first."""
    tx: Words = []
    """Codecs it can put on the air."""
    frames_ms: Annotated[list[Milliseconds], Meta(max_length=LIST_LEN_MAX)] = []
    key_delay_ms: Milliseconds = 0
    """From key to carrier."""
    limit_ms: Milliseconds = 0
    """Its own talk-time limit; 0: none is known."""
    capabilities: Words = []
    presets: Annotated[list[Preset], Meta(max_length=PRESETS_MAX)] = []


class Birth(
    msgspec.Struct,
    tag_field="v",
    tag=1,
    frozen=True,
    omit_defaults=True,
    rename={
        "session": "sid",
        "versions": "pv",
        "software": "sw",
        "adapter": "ad",
        "name": "nm",
        "media": "med",
        "channels": "ch",
    },
):
    """What a bridge is: its software, its channels, what they can do."""

    session: Session
    versions: tuple[Count, Count]
    """Oldest and newest version of the contract that it speaks."""
    channels: Annotated[list[ChannelDescription], Meta(min_length=1, max_length=CHANNELS_MAX)]
    software: Word = ""
    adapter: Word = ""
    name: Word = ""
    media: Words = []


class Talker(
    msgspec.Struct,
    frozen=True,
    omit_defaults=True,
    rename={"alias": "al", "group": "tg", "network": "ty"},
):
    """Who talks on the air, as the radio network says. Personal data: never logged."""

    id: Word = ""
    alias: Word = ""
    group: Word = ""
    network: Word = ""


class Status(
    msgspec.Struct,
    tag_field="v",
    tag=1,
    frozen=True,
    omit_defaults=True,
    rename={
        "session": "sid",
        "carrier": "cor",
        "token": "tok",
        "rssi_dbm": "rssi",
        "snr_db": "snr",
        "preset": "ch",
        "talker": "talk",
        "emergency": "emg",
        "faults": "flt",
        "busy_lockout": "bl",
        "monitor": "mon",
        "encrypted": "enc",
    },
):
    """A channel now. ``n`` counts the statuses of a session; a gap means that one was missed."""

    session: Session
    n: Count
    t: Count
    carrier: Bit | None = None
    ptt: Bit | None = None
    token: U32 | None = None
    """Of the grant that is on the air."""
    rssi_dbm: Annotated[int, Meta(ge=-200, le=200)] | None = None
    snr_db: Decibels | None = None
    preset: Preset | None = None
    talker: Talker | None = None
    emergency: Bit = 0
    faults: Words = []
    """Such as swr, temp, pll, link, tot."""
    tone: Word = ""
    site: Word = ""
    """The receiver that a voter chose."""
    encrypted: Bit | None = None
    busy_lockout: Bit | None = None
    monitor: Bit | None = None


class Event(
    msgspec.Struct,
    tag_field="v",
    tag=1,
    frozen=True,
    omit_defaults=True,
    rename={
        "session": "sid",
        "kind": "k",
        "stream": "s",
        "alias": "al",
        "group": "tg",
        "network": "ty",
        "position": "pos",
        "digits": "dg",
        "text": "txt",
    },
):
    """Something happened on a channel; ``kind`` is one of EventKind, or newer and to be skipped."""

    session: Session
    n: Count
    t: Count
    kind: Word
    on: Bit | None = None
    stream: U32 | None = None
    """The stream of rx frames that it is about."""
    id: Word = ""
    alias: Word = ""
    group: Word = ""
    network: Word = ""
    position: tuple[Latitude, Longitude] | None = None
    """Latitude and longitude, degrees, WGS 84."""
    digits: Word = ""
    text: Text = ""


class Reply(msgspec.Struct, tag_field="v", tag=1, frozen=True, omit_defaults=True, rename={"status": "st"}):
    """The answer to a command, joined to it by MQTT correlation data."""

    ok: bool
    op: Operation
    status: Count | None = None
    """``n`` of the status that shows the effect."""
    why: Why | None = None
