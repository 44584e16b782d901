"""Applications: what is kept of each token that acts here, and its leg.

Most decisions of the core are asked for by a leg that is in the room. An application gets one leg, when it
first needs it: without media, seen by all as a member of kind ``application``, gone when it rests.
"""

import asyncio
import hashlib
import itertools
import time
from collections import OrderedDict
from collections.abc import Callable

from adapters._kit.bucket import TokenBucket
from adapters._kit.counters import Counters
from adapters.web import translate
from adapters.web.api.memory import Memory
from adapters.web.config import WebConfig
from gateway.model.effects import Answer
from gateway.model.events import Event, MemberMoved, ParticipantLeft
from gateway.model.grants import Grants
from gateway.model.ids import CommandId, LegId, RoomId
from gateway.model.inputs import Command
from gateway.model.participant import LegKind, Participant
from gateway.model.refusal import Refusal, RefusalCode
from gateway.ports.hub import Hub, TooManyLegs
from gateway.ports.media import Channel

_NO_LEG = Refusal(RefusalCode.TOO_MANY, "too many legs ([limits] legs)")

Wish = Callable[[CommandId, LegId], Command]
"""A command, once it is known whose it is."""


class Application:
    """One token. Implements gateway.ports.hub.LegSink."""

    def __init__(self, hub: Hub, grants: Grants, config: WebConfig) -> None:
        self.grants = grants
        self.bucket = TokenBucket(config.api_requests_per_s, config.api_requests_burst)
        self.memory = Memory()
        self.under_way = 0
        """Requests that are being answered."""
        self._hub = hub
        self._idle_s = config.api_idle_s
        self._leg: LegId | None = None
        self._rooms: set[RoomId] = set()
        self._ids = itertools.count(1)
        self._rest: asyncio.TimerHandle | None = None
        self._joining = asyncio.Lock()

    @property
    def present(self) -> bool:
        """It has a leg now."""
        return self._leg is not None

    async def ask(self, wish: Wish) -> Answer | Refusal:
        """Ask the core for something that needs no place in a room."""
        try:
            leg = self._awake()
        except TooManyLegs:
            return _NO_LEG
        answer = await self._hub.command(wish(self._next_id(), leg))
        return answer.refusal or answer

    async def act(self, room: RoomId, wish: Wish) -> Answer | Refusal:
        """Ask the core for something, as a member of the room."""
        async with self._joining:  # two requests at once: one leg, one join
            leg = await self._member_of(room)
        if isinstance(leg, Refusal):
            return leg
        answer = await self._hub.command(wish(self._next_id(), leg))
        return answer.refusal or answer

    def end(self, why: str) -> None:
        """Leave all rooms; the next act comes back."""
        leg, self._leg = self._leg, None
        self._rooms.clear()
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None
        if leg is not None:
            self._hub.detach(leg, why)

    async def _member_of(self, room: RoomId) -> LegId | Refusal:
        try:
            leg = self._awake()
        except TooManyLegs:
            return _NO_LEG
        if room in self._rooms:
            return leg
        who = Participant(leg, self.grants.subject, "", LegKind.APPLICATION)
        wanted = translate.join(self._next_id(), room, who, self.grants, time.time(), monitor=True)
        answer = await self._hub.command(wanted)
        if answer.refusal is None:
            self._rooms.add(room)
        return answer.refusal or leg

    def _awake(self) -> LegId:
        if self._leg is None:
            self._leg = self._hub.attach(self)
        if self._rest is not None:
            self._rest.cancel()
        self._rest = asyncio.get_running_loop().call_later(self._idle_s, self.end, "idle")
        return self._leg

    def _next_id(self) -> CommandId:
        return CommandId(next(self._ids))

    # -- LegSink -----------------------------------------------------------------------------

    def event(self, event: Event) -> None:
        """LegSink: only its own comings and goings matter.

        Where a dispatcher takes it, it is not by its own right; to act there it joins by that.
        """
        if isinstance(event, ParticipantLeft) and event.leg == self._leg:
            self._rooms.discard(event.room)
        elif isinstance(event, MemberMoved):
            self._rooms.discard(event.to)

    def data(self, channel: Channel, data: bytes) -> None:
        """LegSink: there is no data channel."""

    def digit(self, digit: str) -> None:
        """LegSink: there are no keys."""

    def media(self, *, up: bool, why: str) -> None:
        """LegSink: there is no media."""

    def ended(self, why: str) -> None:  # noqa: ARG002 - the hub logs it
        """LegSink: removed, expired or shut down; the hub has no such leg any more."""
        self._leg = None
        self.end("")


class Applications:
    """The table, by a digest of the token: at most ``[web] api_tokens_max``."""

    def __init__(self, hub: Hub, config: WebConfig, counters: Counters) -> None:
        self._hub = hub
        self._config = config
        self._table: OrderedDict[bytes, Application] = OrderedDict()
        counters.gauge("api_tokens", lambda: len(self._table))
        counters.gauge("api_legs", lambda: sum(one.present for one in self._table.values()))

    def of(self, token: str, grants: Grants) -> Application | None:
        """Whose token this is; a new one takes the place of who has rested longest. None: all are busy."""
        name = hashlib.sha256(token.encode()).digest()
        known = self._table.get(name)
        if known is None:
            if len(self._table) >= self._config.api_tokens_max and not self._forget_one():
                return None
            known = self._table[name] = Application(self._hub, grants, self._config)
        self._table.move_to_end(name)
        return known

    def end_all(self) -> None:
        """The gateway stops."""
        for application in self._table.values():
            application.end("shutdown")

    def _forget_one(self) -> bool:
        for name, application in self._table.items():
            if not application.under_way:
                del self._table[name]
                application.end("forgotten")
                return True
        return False
