"""One bridge as the hub knows it: which session is the true one, what it can do, whether it is trusted.

Theory of operation. A bridge draws a session id at its start and puts it into everything. The retained state
says which session lives; whatever is of another one is stale. State and birth of the same session together
make the bridge accepted: it is told its configuration, and the native edge is told to listen to it. More bad
messages than a fault explains switch it off until it is started again. Pure: actions out, no clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from adapters._kit.bucket import TokenBucket
from adapters.radio.config import RadioChannel
from adapters.radio.contract.down import ChannelTerms, Config
from adapters.radio.contract.limits import (
    BAD_PER_S_MAX,
    HELLOS_MAX,
    HELLOS_PER_S_MAX,
    MESSAGES_PER_S_MAX,
)
from adapters.radio.contract.names import Direction, Enable, Why
from adapters.radio.contract.topics import VERSION
from adapters.radio.contract.up import Birth, ChannelDescription, State
from adapters.radio.translate import CONTRACT_CODECS
from gateway.model.radio import AirWhy
from gateway.ports.media import PhoneCodec

FENCE_S = 60.0
"""A bridge that was switched off stays so at least so long, whoever restarts it."""
_BAD_PER_S_LONG, _BAD_LONG = 0.2, 100
"""Fewer than ten a second, but for ever, is a fault as well."""


@dataclass(frozen=True, slots=True)
class ChannelPlan:
    """What one configured channel may do in the session that was accepted, and how it speaks."""

    receives: bool
    transmits: bool
    codec: PhoneCodec


@dataclass(frozen=True, slots=True)
class Accept:
    """Tell the bridge its configuration and listen to this session."""

    config: Config
    plans: Mapping[str, ChannelPlan]
    """By channel; a configured channel that the bridge does not have is missing."""
    new: bool
    """False: the session was accepted before, and asked again."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Listen to it no more."""

    why: AirWhy
    config: Config | None = None
    """To be told first: everything off."""


Action = Accept | Drop


class Bridge:
    """One configured bridge; made once, whatever comes and goes out there."""

    def __init__(self, name: str, channels: tuple[RadioChannel, ...], epoch: int) -> None:
        self.name = name
        self._channels = channels
        self._epoch = epoch
        self._state: State | None = None
        self._birth: Birth | None = None
        self._accepted: str | None = None
        self._fenced: tuple[str, float] | None = None
        self._all = TokenBucket(MESSAGES_PER_S_MAX, 2 * MESSAGES_PER_S_MAX)
        self._hellos = TokenBucket(HELLOS_PER_S_MAX, HELLOS_MAX)
        self._bad_now = TokenBucket(BAD_PER_S_MAX, BAD_PER_S_MAX)
        self._bad_long = TokenBucket(_BAD_PER_S_LONG, _BAD_LONG)

    @property
    def session(self) -> str | None:
        """The accepted one."""
        return self._accepted

    @property
    def fenced(self) -> bool:
        return self._fenced is not None

    def may_speak(self, now: float) -> bool:
        """One message more; False: it says more than any bridge has to say, this one is not taken."""
        return self._all.take(now)

    def may_greet(self, now: float) -> bool:
        """The same for states and births: each can make us answer and open sockets."""
        return self._hellos.take(now)

    def state_came(self, state: State, now: float) -> Action | None:
        """Presence. An end that is not of the session that lives is late news."""
        if not state.on and self._state is not None and self._state.session != state.session:
            return None
        self._state = state
        return self._settle(now)

    def birth_came(self, birth: Birth, now: float) -> Action | None:
        """The descriptor; its session may live already, or not yet."""
        self._birth = birth
        return self._settle(now)

    def bad(self, now: float) -> Action | None:
        """A message that could not be taken."""
        if self._bad_now.take(now) and self._bad_long.take(now):
            return None
        return self.fence(now)

    def fence(self, now: float) -> Action | None:
        """It sends too much rubbish: off, until it is started again."""
        sid = self._accepted or (self._state.session if self._state else "")
        if self._fenced is not None or not sid:
            return None
        self._fenced = (sid, now + FENCE_S)
        self._accepted = None
        return Drop(AirWhy.BAD_INPUT, Config(sid, VERSION, self._epoch, self._terms(None), why=Why.LIMIT))

    def again(self, now: float) -> Action | None:
        """It is heard again after a silence: what it was told may have passed it by."""
        return self._settle(now) if self._accepted is not None else None

    def tick(self, now: float) -> Action | None:
        """Time has passed: a new session of a bridge that was switched off may have its chance."""
        return self._settle(now) if self._fenced is not None and now >= self._fenced[1] else None

    def _settle(self, now: float) -> Action | None:
        state, birth = self._state, self._birth
        if state is None:
            return None
        if self._fenced is not None:
            sid, until = self._fenced
            if now < until or state.session == sid:
                return None
            self._fenced = None
        if not state.on or birth is None or birth.session != state.session or not _speaks(birth):
            if self._accepted is None:
                return None
            self._accepted = None
            return Drop(AirWhy.LINK if not state.on else AirWhy.NONE)
        new, self._accepted = self._accepted != state.session, state.session
        plans = self._plans(birth)
        config = Config(state.session, VERSION, self._epoch, self._terms(birth))
        return Accept(config, plans, new)

    def _plans(self, birth: Birth) -> dict[str, ChannelPlan]:
        there = {description.id: description for description in birth.channels}
        return {c.channel: _plan(c, there[c.channel]) for c in self._channels if c.channel in there}

    def _terms(self, birth: Birth | None) -> dict[str, ChannelTerms]:
        """``birth`` None: everything off."""
        there = {d.id: d for d in birth.channels} if birth is not None else {}
        return {
            c.channel: _terms(c, there[c.channel]) if c.channel in there else ChannelTerms()
            for c in self._channels
        }


def _speaks(birth: Birth) -> bool:
    oldest, newest = birth.versions
    return oldest <= VERSION <= newest


def _plan(channel: RadioChannel, there: ChannelDescription) -> ChannelPlan:
    receives = channel.rx and there.direction is not Direction.TX
    transmits = channel.tx and there.direction is not Direction.RX
    # The one that was asked for, else one that it has, else the one that every bridge must have.
    known = (
        codec
        for codec in (channel.codec, *CONTRACT_CODECS)
        if (not receives or CONTRACT_CODECS[codec] in there.rx)
        and (not transmits or CONTRACT_CODECS[codec] in there.tx)
    )
    codec = next(known, PhoneCodec.PCMU)
    return ChannelPlan(receives, transmits, codec)


def _terms(channel: RadioChannel, there: ChannelDescription) -> ChannelTerms:
    plan = _plan(channel, there)
    codec = CONTRACT_CODECS[plan.codec]
    enable = Enable.RXTX if plan.transmits else Enable.RX if plan.receives else Enable.OFF
    # The bridge's own limit is the outermost: ours must come before it.
    limit_ms = min(channel.tot_ms, there.limit_ms) if there.limit_ms else channel.tot_ms
    return ChannelTerms(
        enable=enable,
        rx=codec,
        tx=codec,
        watchdog_ms=channel.watchdog_ms,
        late_ms=channel.late_ms,
        limit_ms=limit_ms,
        penalty_ms=channel.penalty_ms,
    )
