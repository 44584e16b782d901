"""Keying one transmitter: from what the room wants to what the bridge is asked, and what it says.

Theory of operation (radio.md section 5, "Floor engine")::

    OFFLINE   the bridge is not there
    READY     unkeyed; somebody may be talking who was denied
    ASKED     the bridge was asked for air and has not answered
    AIR       granted: what is said in the room is transmitted
    ENDING    the talker has ended; the bridge plays what it has and unkeys

The room decides who talks, the bridge whether there is air. Only the bridge's own words make a state that
says ``on_air``. A transmitter that does not confirm that it is off is shown as on. No over keys by itself:
what was cut off, or could not begin because the way was broken, is not taken up when the way is back. Whoever
still talks then is told so, and presses again.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from gateway.model.radio import Air, AirState, AirWhy

RETRY_S = 0.5
"""At least so long after a denial that may pass, before the same talkspurt asks again."""
PASSING = frozenset({AirWhy.BUSY, AirWhy.CARRIER})
"""Denials that may pass while the talker still talks: somebody else has the air."""


class KeyState(Enum):
    """Where a transmitter can be."""

    OFFLINE = "offline"
    """The bridge is not there."""
    READY = "ready"
    """Unkeyed."""
    ASKED = "asked"
    """The bridge was asked for air."""
    AIR = "air"
    """Granted."""
    ENDING = "ending"
    """The talker has ended, the bridge has not said yet that it unkeyed."""


@dataclass(frozen=True, slots=True)
class Source:
    """Who is transmitted: kind of leg, its id, the name that people see."""

    kind: str
    id: str
    name: str
    priority: int


# -- inputs ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Online:
    """The bridge has taken its configuration."""


@dataclass(frozen=True, slots=True)
class Offline:
    """The bridge is gone, silent or switched off."""

    why: AirWhy


@dataclass(frozen=True, slots=True)
class Talk:
    """Somebody talks in the room who is to be transmitted."""

    source: Source


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody does any more."""


@dataclass(frozen=True, slots=True)
class Granted:
    """The bridge gives air."""


@dataclass(frozen=True, slots=True)
class Denied:
    """The bridge gives no air."""

    why: AirWhy
    retry_ms: int = 0


@dataclass(frozen=True, slots=True)
class Revoked:
    """The bridge takes air back."""

    why: AirWhy


@dataclass(frozen=True, slots=True)
class Ended:
    """The bridge says that it unkeyed."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """It was told to unkey and does not say so."""


@dataclass(frozen=True, slots=True)
class Due:
    """Time to ask again."""


KeyInput = Online | Offline | Talk | Silence | Granted | Denied | Revoked | Ended | Stuck | Due


# -- orders ----------------------------------------------------------------------------------


class Order(Enum):
    """What the native edge is told."""

    KEY = "key"
    RELEASE = "release"
    ABORT = "abort"


@dataclass(frozen=True, slots=True)
class Keying:
    """The machine's state. ``transmits``: transmitting is enabled and the radio can."""

    transmits: bool = False
    state: KeyState = KeyState.OFFLINE
    wanted: Source | None = None
    retry_at: float | None = None
    """When ``Due`` is wanted (seconds)."""


Outcome = tuple[Keying, tuple[Order | Air, ...]]
"""The next state; orders to the edge and news for the room, in order."""


def step(keying: Keying, what: KeyInput, now: float) -> Outcome:
    """What is not in the table changes nothing."""
    handler = TRANSITIONS.get((keying.state, type(what)))
    return (keying, ()) if handler is None else handler(keying, what, now)


def enabled(keying: Keying, *, transmits: bool) -> Keying:
    """Before ``Online``: whether the channel may and can transmit in the session that begins."""
    return replace(keying, transmits=transmits)


# -- handlers --------------------------------------------------------------------------------


def _rest(keying: Keying) -> Air:
    return Air(AirState.READY if keying.transmits else AirState.RECEIVE_ONLY)


def _online(keying: Keying, _what: Online, _now: float) -> Outcome:
    ready = replace(keying, state=KeyState.READY, retry_at=None)
    talks_in_vain = keying.wanted is not None and keying.transmits
    return ready, (Air(AirState.DENIED, AirWhy.LINK) if talks_in_vain else _rest(ready),)


def _again(keying: Keying, _what: Online, _now: float) -> Outcome:
    return keying, () if keying.wanted else (_rest(keying),)


def _ask(keying: Keying, before: tuple[Order | Air, ...] = ()) -> Outcome:
    if not keying.transmits:
        return replace(keying, retry_at=None), before
    asked = replace(keying, state=KeyState.ASKED, retry_at=None)
    return asked, (*before, Air(AirState.KEYING), Order.KEY)


def _offline(keying: Keying, what: Offline, _now: float) -> Outcome:
    keyed = keying.state in (KeyState.ASKED, KeyState.AIR, KeyState.ENDING)
    gone = replace(keying, state=KeyState.OFFLINE, retry_at=None)
    return gone, (*((Order.ABORT,) if keyed else ()), Air(AirState.OFFLINE, what.why))


def _want(keying: Keying, what: Talk, _now: float) -> Outcome:
    return replace(keying, wanted=what.source), ()


def _talk(keying: Keying, what: Talk, _now: float) -> Outcome:
    talking = replace(keying, wanted=what.source)
    # Who is denied asks again when that is due, not with every talker of an open room.
    return (talking, ()) if keying.wanted else _ask(talking)


def _unwant(keying: Keying, _what: Silence, _now: float) -> Outcome:
    return replace(keying, wanted=None), ()


def _silence(keying: Keying, _what: Silence, _now: float) -> Outcome:
    quiet = replace(keying, wanted=None, retry_at=None)
    return quiet, (_rest(quiet),) if keying.wanted and keying.transmits else ()


def _release(keying: Keying, _what: Silence, _now: float) -> Outcome:
    return replace(keying, state=KeyState.ENDING, wanted=None), (Order.RELEASE,)


def _granted(keying: Keying, _what: Granted, _now: float) -> Outcome:
    return replace(keying, state=KeyState.AIR), (Air(AirState.ON_AIR),)


def _granted_late(keying: Keying, _what: Granted, _now: float) -> Outcome:
    return keying, (Air(AirState.ON_AIR),)


def _denied(keying: Keying, what: Denied, now: float) -> Outcome:
    passes = what.why in PASSING or what.retry_ms > 0
    again = now + max(RETRY_S, what.retry_ms / 1000) if passes else None
    return replace(keying, state=KeyState.READY, retry_at=again), (Air(AirState.DENIED, what.why),)


def _revoked(keying: Keying, what: Revoked, _now: float) -> Outcome:
    return replace(keying, state=KeyState.READY), (Air(AirState.DENIED, what.why),)


def _refused_late(keying: Keying, what: Denied | Revoked, _now: float) -> Outcome:
    """Its talker has ended already; whoever talks now asks anew."""
    ready = replace(keying, state=KeyState.READY)
    told = (Air(AirState.DENIED, what.why),)
    return _ask(ready, told) if keying.wanted else (ready, (*told, _rest(ready)))


def _ended(keying: Keying, _what: Ended, _now: float) -> Outcome:
    ready = replace(keying, state=KeyState.READY)
    return _ask(ready, (_rest(ready),)) if keying.wanted else (ready, (_rest(ready),))


def _ended_early(keying: Keying, _what: Ended, _now: float) -> Outcome:
    """The bridge unkeyed by itself while somebody talks."""
    return replace(keying, state=KeyState.READY), (Air(AirState.DENIED, AirWhy.OTHER),)


def _stuck(keying: Keying, _what: Stuck, _now: float) -> Outcome:
    return keying, (Air(AirState.ON_AIR, AirWhy.STUCK),)


def _due(keying: Keying, _what: Due, _now: float) -> Outcome:
    due = keying.wanted is not None and keying.retry_at is not None
    return _ask(keying) if due else (replace(keying, retry_at=None), ())


# -- the table -------------------------------------------------------------------------------

_OFFLINE, _READY, _ASKED = KeyState.OFFLINE, KeyState.READY, KeyState.ASKED
_AIR, _ENDING = KeyState.AIR, KeyState.ENDING

TRANSITIONS: dict[tuple[KeyState, type], Callable[[Keying, Any, float], Outcome]] = {
    (_OFFLINE, Online): _online,
    (_READY, Online): _again,
    (_OFFLINE, Offline): _offline,
    (_READY, Offline): _offline,
    (_ASKED, Offline): _offline,
    (_AIR, Offline): _offline,
    (_ENDING, Offline): _offline,
    (_OFFLINE, Talk): _want,
    (_READY, Talk): _talk,
    (_ASKED, Talk): _want,
    (_AIR, Talk): _want,
    (_ENDING, Talk): _want,
    (_OFFLINE, Silence): _unwant,
    (_READY, Silence): _silence,
    (_ASKED, Silence): _release,
    (_AIR, Silence): _release,
    (_ENDING, Silence): _unwant,
    (_ASKED, Granted): _granted,
    (_ENDING, Granted): _granted_late,
    (_ASKED, Denied): _denied,
    (_ENDING, Denied): _refused_late,
    (_ASKED, Revoked): _revoked,
    (_AIR, Revoked): _revoked,
    (_ENDING, Revoked): _refused_late,
    (_ASKED, Ended): _ended_early,
    (_AIR, Ended): _ended_early,
    (_ENDING, Ended): _ended,
    (_ASKED, Stuck): _stuck,
    (_AIR, Stuck): _stuck,
    (_ENDING, Stuck): _stuck,
    (_READY, Due): _due,
}

DISCARDED: frozenset[tuple[KeyState, type]] = frozenset(
    {
        # Already so.
        (_ASKED, Online),
        (_AIR, Online),
        (_ENDING, Online),
        (_AIR, Granted),
        # Late news of an over that has ended, or of a clock.
        (_OFFLINE, Granted),
        (_READY, Granted),
        (_OFFLINE, Denied),
        (_READY, Denied),
        (_AIR, Denied),
        (_OFFLINE, Revoked),
        (_READY, Revoked),
        (_OFFLINE, Ended),
        (_READY, Ended),
        (_OFFLINE, Stuck),
        (_READY, Stuck),
        (_OFFLINE, Due),
        (_ASKED, Due),
        (_AIR, Due),
        (_ENDING, Due),
    }
)
"""The only pairs that may come without having an effect."""
