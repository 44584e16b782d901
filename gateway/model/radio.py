"""A radio channel as a room sees it: whether what is said reaches the air, and when its carrier counts."""

from dataclasses import dataclass
from enum import StrEnum


class AirState(StrEnum):
    """Where a channel's transmitter is, as far as the bridge has said so. Stable codes."""

    OFFLINE = "offline"
    """Its bridge is not there: nothing is received, nothing is transmitted."""
    RECEIVE_ONLY = "receive_only"
    """It is heard, and transmits nothing (the default)."""
    READY = "ready"
    """Unkeyed."""
    KEYING = "keying"
    """The bridge was asked for air."""
    ON_AIR = "on_air"
    DENIED = "denied"
    """What is being said in the room does not reach the air (any more)."""


class AirWhy(StrEnum):
    """Why a channel is offline, denied or not unkeyed. Stable codes; the words live in the pages, by code."""

    NONE = ""
    BUSY = "busy"
    PRE_EMPTED = "pre_empted"
    TIMED_OUT = "timed_out"
    """The talk limit of the channel's transmitter."""
    KERCHUNK = "kerchunk"
    NO_CHANNEL = "no_channel"
    """The bridge did not answer, or the channel is not there."""
    CODEC = "codec"
    NOT_ALLOWED = "not_allowed"
    LIMIT = "limit"
    EPOCH = "epoch"
    """Another run of the gateway is in charge."""
    STALE = "stale"
    """The order came too late to be safe."""
    LINK = "link"
    """The way to the bridge is broken or too slow."""
    HARDWARE = "hardware"
    ENCRYPTION = "encryption"
    WATCHDOG = "watchdog"
    """Speech stopped arriving at the transmitter."""
    CARRIER = "carrier"
    """Somebody talks on the air."""
    SHUTDOWN = "shutdown"
    SILENT = "silent"
    """The bridge was not heard for 3 s."""
    BAD_INPUT = "bad_input"
    """The bridge sent too much that is not of the contract, and was switched off."""
    DISABLED = "disabled"
    """Neither receiving nor transmitting is enabled, or the bridge cannot."""
    STUCK = "stuck"
    """Unkeying was ordered and not confirmed: the transmitter may still be on."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Air:
    """A channel's transmitter now."""

    state: AirState
    why: AirWhy = AirWhy.NONE


@dataclass(frozen=True, slots=True)
class CarrierTerms:
    """How a radio leg's carrier is taken. All in milliseconds."""

    hang_ms: int = 150
    """After the carrier closed, the radio keeps the floor so long: a fade does not cut a talkspurt in two."""
    tail_ms: int = 150
    """After our own transmission, a carrier does not count for so long: it is a squelch tail."""
    limit_ms: int = 0
    """Longest talkspurt of the radio; 0: the room's."""
    kerchunk_ms: int = 400
    """A shorter carrier is a kerchunk: after three in a row the next must last so long to count; 0: never."""
