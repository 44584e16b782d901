"""The carrier of one radio leg: when what its receiver hears counts as somebody talking.

Theory of operation (radio.md section 2 c, e, i)::

    CLOSED    nobody talks on the air
    OPEN      somebody talks; it counts, and cannot be denied
    HANGING   the carrier has just closed and still counts: a fade does not cut a talkspurt in two
    GATED     it is open and does not count: the channel transmits, or did a moment ago (squelch tail)
    SPENT     it is open and counts no more: the talk limit ran out, it must close first
    PROVING   it is open and counts in a moment: this channel kerchunks (keys and says nothing)

A half-duplex channel hears nothing while it transmits, so whatever it reports then waits in GATED and
counts as soon as it can be somebody else. One clock: the end of the hang, of the
tail gate, or of the proof.

Kerchunks: three carriers in a row that are shorter than ``kerchunk_ms``, none 10 s after the one before, and
the next takes the floor only when it has lasted so long. The media core holds what is said meanwhile.

Loop guard: two radios in one room answer each other with their tails for ever when those outlast the gate.
So a carrier that began within the gate and outlasted it doubles the next gate of its radio, up to 5 s; one
that begins after the gate is somebody and gives the radio its short gate back.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from gateway.model.radio import CarrierTerms

_GATE_MAX_MS = 5000
"""The longest gate that doubts make; longer than a repeater's usual hang."""
_DOUBTS_MAX = 16
_KERCHUNKS = 3
_KERCHUNKS_APART_S = 10.0


class CarrierState(Enum):
    """Where a radio leg's carrier can be."""

    CLOSED = "closed"
    """Nobody talks on the air."""
    OPEN = "open"
    """Somebody talks on the air, and counts."""
    HANGING = "hanging"
    """It has just closed and still counts."""
    GATED = "gated"
    """It is open and does not count: we transmit, or did a moment ago."""
    SPENT = "spent"
    """It is open and counts no more: its talk limit ran out."""
    PROVING = "proving"
    """It is open and does not count yet: the last ones were kerchunks."""


@dataclass(frozen=True, slots=True)
class Opened:
    """COR: the receiver's squelch opened."""


@dataclass(frozen=True, slots=True)
class Closed:
    """COR: the squelch closed, or the bridge is gone."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """The channel was asked to transmit; from now on it hears nothing."""


@dataclass(frozen=True, slots=True)
class Unkeyed:
    """It does not transmit any more; ``aired``: it really did, so that a tail is to be expected."""

    aired: bool


@dataclass(frozen=True, slots=True)
class Due:
    """The hang, the tail gate or the proof is over."""


@dataclass(frozen=True, slots=True)
class LimitRanOut:
    """The talkspurt lasted as long as it may."""


CarrierInput = Opened | Closed | Keyed | Unkeyed | Due | LimitRanOut


@dataclass(frozen=True, slots=True)
class Carrier:
    """The machine's state."""

    terms: CarrierTerms
    state: CarrierState = CarrierState.CLOSED
    keyed: bool = False
    deadline: float | None = None
    """When ``Due`` is wanted."""
    gated_until: float = 0.0
    """Until then a carrier is the tail of our own transmission."""
    doubts: int = 0
    """So many carriers in a row began within the gate and outlasted it."""
    opened_at: float = 0.0
    """When somebody on the air began, while it is open."""
    kerchunks: int = 0
    """In a row."""

    @property
    def counts(self) -> bool:
        """Somebody talks on the air."""
        return self.state in (CarrierState.OPEN, CarrierState.HANGING)

    @property
    def gate_ms(self) -> int:
        """How long the next tail gate is."""
        tail_ms = self.terms.tail_ms
        return max(tail_ms, min(tail_ms << self.doubts, _GATE_MAX_MS))


def step(carrier: Carrier, what: CarrierInput, now: float) -> Carrier:
    """The next state. What is not in the table changes nothing."""
    transition = TRANSITIONS.get((carrier.state, type(what)))
    return carrier if transition is None else transition.handler(carrier, what, now)


# -- handlers --------------------------------------------------------------------------------


def _open(carrier: Carrier, _what: Opened, now: float) -> Carrier:
    if carrier.keyed:
        return replace(carrier, state=CarrierState.GATED, deadline=None)
    if now < carrier.gated_until:
        return replace(carrier, state=CarrierState.GATED, deadline=carrier.gated_until)
    return replace(carrier, state=CarrierState.OPEN, deadline=None)


def _begin(carrier: Carrier, what: Opened, now: float) -> Carrier:
    opened = _open(carrier, what, now)
    if not opened.counts:
        return opened
    recent = now - carrier.opened_at < _KERCHUNKS_APART_S
    begun = replace(opened, doubts=0, opened_at=now, kerchunks=carrier.kerchunks if recent else 0)
    if begun.kerchunks < _KERCHUNKS:
        return begun
    proven_at = now + carrier.terms.kerchunk_ms / 1000
    return replace(begun, state=CarrierState.PROVING, deadline=proven_at)


def _proven(carrier: Carrier, _what: Due, _now: float) -> Carrier:
    return replace(carrier, state=CarrierState.OPEN, kerchunks=0, deadline=None)


def _hang(carrier: Carrier, _what: Closed, now: float) -> Carrier:
    until = now + carrier.terms.hang_ms / 1000
    short = now - carrier.opened_at < carrier.terms.kerchunk_ms / 1000
    kerchunks = min(carrier.kerchunks + 1, _KERCHUNKS) if short else 0
    return replace(carrier, state=CarrierState.HANGING, deadline=until, kerchunks=kerchunks)


def _close(carrier: Carrier, _what: CarrierInput, _now: float) -> Carrier:
    return replace(carrier, state=CarrierState.CLOSED, deadline=None)


def _spend(carrier: Carrier, _what: LimitRanOut, _now: float) -> Carrier:
    return replace(carrier, state=CarrierState.SPENT, deadline=None)


def _key(carrier: Carrier, _what: Keyed, _now: float) -> Carrier:
    return replace(carrier, keyed=True)


def _key_over(carrier: Carrier, _what: Keyed, _now: float) -> Carrier:
    return replace(carrier, keyed=True, state=CarrierState.GATED, deadline=None)


def _key_hanging(carrier: Carrier, what: Keyed, now: float) -> Carrier:
    return replace(_close(carrier, what, now), keyed=True)


def _unkey(carrier: Carrier, what: Unkeyed, now: float) -> Carrier:
    until = now + carrier.gate_ms / 1000 if what.aired else carrier.gated_until
    return replace(carrier, keyed=False, gated_until=until)


def _unkey_gated(carrier: Carrier, what: Unkeyed, now: float) -> Carrier:
    unkeyed = _unkey(carrier, what, now)
    return _open(unkeyed, Opened(), now)


def _gate_over(carrier: Carrier, _what: Due, now: float) -> Carrier:
    opened = _open(carrier, Opened(), now)
    return replace(opened, doubts=min(carrier.doubts + 1, _DOUBTS_MAX)) if opened.counts else opened


# -- the table -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Transition:
    """What one input does in one state. ``to``: the states it can end in (checked by the tests)."""

    handler: Callable[[Carrier, Any, float], Carrier]
    label: str
    to: tuple[CarrierState, ...]


_CLOSED, _OPEN, _HANGING = CarrierState.CLOSED, CarrierState.OPEN, CarrierState.HANGING
_GATED, _SPENT, _PROVING = CarrierState.GATED, CarrierState.SPENT, CarrierState.PROVING

TRANSITIONS: dict[tuple[CarrierState, type], Transition] = {
    (_CLOSED, Opened): Transition(
        _begin,
        "squelch opens (we transmit, or just did: gated; kerchunks: proving)",
        (_OPEN, _GATED, _PROVING),
    ),
    (_HANGING, Opened): Transition(_open, "squelch opens again", (_OPEN, _GATED)),
    (_OPEN, Closed): Transition(_hang, "squelch closes", (_HANGING,)),
    (_GATED, Closed): Transition(_close, "squelch closes: it was a tail", (_CLOSED,)),
    (_SPENT, Closed): Transition(_close, "squelch closes", (_CLOSED,)),
    (_HANGING, Due): Transition(_close, "hang is over", (_CLOSED,)),
    (_GATED, Due): Transition(_gate_over, "tail gate is over: it is somebody", (_OPEN, _GATED)),
    (_PROVING, Due): Transition(_proven, "it has lasted: it is somebody", (_OPEN,)),
    (_PROVING, Closed): Transition(_close, "squelch closes: one more kerchunk", (_CLOSED,)),
    (_PROVING, Keyed): Transition(_key_over, "we key over it", (_GATED,)),
    (_PROVING, Unkeyed): Transition(_unkey, "we unkey", (_PROVING,)),
    (_OPEN, LimitRanOut): Transition(_spend, "talk limit", (_SPENT,)),
    (_HANGING, LimitRanOut): Transition(_close, "talk limit", (_CLOSED,)),
    (_CLOSED, Keyed): Transition(_key, "we key", (_CLOSED,)),
    (_GATED, Keyed): Transition(_key, "we key", (_GATED,)),
    (_SPENT, Keyed): Transition(_key, "we key", (_SPENT,)),
    (_OPEN, Keyed): Transition(_key_over, "we key over it", (_GATED,)),
    (_HANGING, Keyed): Transition(_key_hanging, "we key", (_CLOSED,)),
    (_CLOSED, Unkeyed): Transition(_unkey, "we unkey", (_CLOSED,)),
    (_SPENT, Unkeyed): Transition(_unkey, "we unkey", (_SPENT,)),
    (_GATED, Unkeyed): Transition(_unkey_gated, "we unkey (nothing was aired: it counts)", (_OPEN, _GATED)),
    (_OPEN, Unkeyed): Transition(_unkey, "we unkey", (_OPEN,)),
    (_HANGING, Unkeyed): Transition(_unkey, "we unkey", (_HANGING,)),
}

DISCARDED: frozenset[tuple[CarrierState, type]] = frozenset(
    {
        # Already so.
        (_OPEN, Opened),
        (_GATED, Opened),
        (_SPENT, Opened),
        (_PROVING, Opened),
        (_CLOSED, Closed),
        (_HANGING, Closed),
        # Late news of a clock or a talkspurt that has ended.
        (_CLOSED, Due),
        (_OPEN, Due),
        (_SPENT, Due),
        (_CLOSED, LimitRanOut),
        (_GATED, LimitRanOut),
        (_SPENT, LimitRanOut),
        (_PROVING, LimitRanOut),
    }
)
"""The only pairs that may come without having an effect."""
