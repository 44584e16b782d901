"""One trunk while it runs: where it is, and whether we are registered there.

The core of the edge keeps a registration by itself: it answers the challenge, refreshes, obeys 423 and tries
again after pauses that double up to half an hour, with jitter. What is left to do here: names, which move,
and connections, which break.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import SystemRandom
from typing import TYPE_CHECKING

import structlog

from adapters._kit.counters import Counters
from adapters.sip.resolver import Resolve
from adapters.sip.transport import Transport
from adapters.sip.trunk_config import SipTrunk

if TYPE_CHECKING:
    from adapters.sip.native import SipWay

LOOK_UP_EVERY_S = 60.0
"""A name's time to live is not told by the system's resolver; this is what many have."""
BELIEVED_FOR_S = 3600.0
"""Addresses of a name that is found no more are still called, but who calls from there is a stranger after
this: they may be somebody else's by then."""
PAUSE_FIRST_S, PAUSE_MAX_S = 1.0, 60.0
_UNREACHABLE = (408, 503)
"""What the core says when nobody answered, or no connection was to be had."""

log = structlog.get_logger("sip.trunks")


@dataclass(frozen=True, slots=True)
class Exit:
    """The way by which a number goes out now."""

    way: "SipWay"
    uri: str
    local_ip: str
    caller: str
    """URI of our account there; empty: we have none."""
    account: tuple[str, str] | None = field(repr=False)


class Trunk:
    """``number``: its registration at the SIP thread; ``moved`` is called when its addresses change."""

    def __init__(
        self,
        config: SipTrunk,
        number: int,
        account: tuple[str, str] | None,
        *,
        transport: Transport,
        resolve: Resolve,
        counters: Counters,
        moved: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self.config = config
        self.addresses: tuple[str, ...] = ()
        """Where it was last found, the one in use first. A name that is found no more leaves it as it was."""
        self.believed: frozenset[str] = frozenset()
        """Those of them that it may call from."""
        self.registered = False
        self._clock = clock
        self._found_at = clock()
        self._number = number
        self._account = account
        self._transport = transport
        self._resolve = resolve
        self._counters = counters
        self._moved = moved
        self._stirred = asyncio.Event()
        self._registers_at = ""
        """The address that the core registers at, or tries to."""
        self._failures = 0
        self._last_told = ""

    @property
    def wants_registration(self) -> bool:
        """It is to know where we are."""
        return self.config.register

    async def keep(self) -> None:
        """Look it up, register, and again when a minute is over or something broke. Returns never."""
        while True:
            self._stirred.clear()
            try:
                await self._look_up()
                self._believe()
                if self.wants_registration:
                    self._register()
            except Exception:
                # A fault is ours to find; the trunk is looked up again and stays in use.
                self._counters.add("faults_total")
                log.exception("a look at a trunk failed", trunk=self.config.name)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_UP_EVERY_S if self.addresses else self._pause_s()):
                    await self._stirred.wait()
                    await asyncio.sleep(self._pause_s())

    def told(self, state: str, detail: int) -> None:
        """News of its registration: "active" with seconds, "failed" with a status; else it is gone."""
        if state == "active":
            if not self.registered:
                log.info("registered at a trunk", trunk=self.config.name, expires_s=detail)
            self.registered, self._failures, self._last_told = True, 0, ""
            return
        lost, self.registered = self.registered, False
        if state == "failed":
            self._counters.add("trunk_failures_total")
            self._say("a trunk does not register us", status=detail)
            if detail in _UNREACHABLE:
                self.addresses = (*self.addresses[1:], *self.addresses[:1])
                self._stirred.set()
            return
        if state == "removed":
            return
        if state == "connection_lost":
            # One that was never registered was told as failed, for the same reason.
            if lost:
                self._counters.add("trunk_failures_total")
                self._say("the connection to a trunk is lost")
        else:
            self._counters.add("trunk_failures_total")
            self._say("a trunk cannot be registered at", why=state)
        self._registers_at = ""
        self._stirred.set()

    def leave(self) -> None:
        """Take the registration back; its answer is not waited for."""
        if self.registered:
            self._transport.order(lambda: self._transport.edge.unregister(self._number))

    def exit(self, number: str) -> Exit | None:
        """How ``number`` is called by it; None while it is not known where it is."""
        if not self.addresses:
            return None
        trunk, at = self.config, self.addresses[0]
        port = "" if trunk.domain or trunk.at_port == trunk.default_port else f":{trunk.at_port}"
        return Exit(
            way=self._way(at),
            uri=f"sip:{number}@{trunk.address_domain}{port}",
            local_ip=self._own_ip(at),
            caller=f"sip:{trunk.user}@{trunk.address_domain}" if trunk.user else "",
            account=self._account,
        )

    # -- steps -------------------------------------------------------------------------------

    async def _look_up(self) -> None:
        try:
            found = await self._resolve(self.config.host)
        except (OSError, TimeoutError) as error:
            self._counters.add("trunk_lookups_failed_total")
            self._say("a trunk's name is not found", why=str(error))
            return
        # Where no door of ours could be answered at it is not called.
        usable = [ip for ip in found if self._own_ip(ip)]
        if not usable:
            self._say("no door of ours is of the kind of a trunk's addresses", found=found)
            return
        # Whoever works is kept, whatever order the names' servers give today.
        first = next((ip for ip in self.addresses if ip in usable), usable[0])
        self.addresses = (first, *(ip for ip in usable if ip != first))
        self._found_at = self._clock()

    def _believe(self) -> None:
        fresh = self._clock() - self._found_at < BELIEVED_FOR_S
        believed = frozenset(self.addresses) if fresh else frozenset()
        if believed != self.believed:
            self.believed = believed
            self._moved()

    def _register(self) -> None:
        if not self.addresses or self.addresses[0] == self._registers_at:
            return
        at = self._registers_at = self.addresses[0]
        trunk, edge = self.config, self._transport.edge
        self._transport.order(
            lambda: edge.register(
                self._number,
                self._way(at),
                registrar=f"sip:{trunk.address_domain}",
                address=f"sip:{trunk.user}@{trunk.address_domain}",
                user=trunk.user,
                account=self._account,
                expires_s=trunk.expires_s,
            )
        )

    def _own_ip(self, at: str) -> str:
        return self._transport.own_address.towards(self.config.transport, at)

    def _way(self, at: str) -> "SipWay":
        trunk = self.config
        return 0, trunk.transport.value, at, trunk.at_port, trunk.host

    def _pause_s(self) -> float:
        step = min(PAUSE_MAX_S, PAUSE_FIRST_S * 2.0 ** min(self._failures, 16))
        self._failures += 1
        return step * (0.5 + SystemRandom().random() / 2)

    def _say(self, what: str, **more: object) -> None:
        """Once, until it is well again or something else is wrong."""
        told = f"{what} {more}"
        if told != self._last_told:
            self._last_told = told
            log.warning(what, trunk=self.config.name, **more)
