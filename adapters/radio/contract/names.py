"""Closed sets of words that both ends match on. Words a newer peer may add are plain strings instead."""

from enum import StrEnum


class Enable(StrEnum):
    """What the hub lets a channel do (cfg ``en``)."""

    OFF = "off"
    RX = "rx"
    RXTX = "rxtx"


class Direction(StrEnum):
    """What a channel's radio can do (birth ``dir``)."""

    RX = "rx"
    TX = "tx"
    RXTX = "rxtx"


class Duplex(StrEnum):
    """Whether it hears while it transmits (birth ``dx``)."""

    HALF = "half"
    FULL = "full"


class Why(StrEnum):
    """Why air was denied or taken back, and why a command was not carried out (``why``)."""

    BUSY = "busy"
    PRIORITY = "pri"
    TIME_OUT = "tot"
    KERCHUNK = "kerchunk"
    NO_CHANNEL = "nochan"
    CODEC = "codec"
    NOT_AUTHORISED = "auth"
    LIMIT = "limit"
    EPOCH = "epoch"
    STALE = "stale"
    LINK = "link"
    HARDWARE = "hw"
    ENCRYPTION = "enc"
    WATCHDOG = "wd"
    CARRIER = "cor"
    SHUTDOWN = "shutdown"


class EventKind(StrEnum):
    """What an ``ev`` tells (``k``); an unknown one is skipped, not counted as bad."""

    TALK = "talk"
    END = "end"
    EMERGENCY = "emg"
    DTMF = "dtmf"
    SELECTIVE_CALL = "sel"
    TEXT = "text"
    LOCATION = "loc"
    LOG = "log"


class Operation(StrEnum):
    """What a ``cmd`` wants (``op``)."""

    CHANNEL = "chan"
    FREQUENCY = "freq"
    MONITOR = "mon"
    MUTE = "mute"
    POWER = "pwr"
    SCAN = "scan"
    EMERGENCY_ACK = "emg_ack"
    DTMF = "dtmf"
    TEXT = "text"
    TEST = "test"
    REFRESH = "refresh"
    """Send the status again: one was missed."""


OPUS = "opus/48000/1"
PCMU = "pcmu/8000/1"
"""Every bridge speaks it, in frames of 20 ms."""
