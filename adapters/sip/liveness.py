"""Who is still there (DESIGN 3.14): a phone that was not heard for a while is asked, and one that does not
answer is let go. A silent phone on hold answers, and stays.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from gateway.ports.hub import Hub

if TYPE_CHECKING:
    from adapters.sip.call import Call

LOOK_EVERY_S = 1.0
ASK_AFTER_S = 15.0
"""Neither RTP nor SIP came for so long: ask by OPTIONS in the dialog."""
GIVE_UP_AFTER_S = 26.0
"""So long after the question. RTP is noticed one look late and either step may be, so that all of it stays
below 45 s after the phone died.
"""


class Look(Enum):
    """What is to be done about a phone now."""

    NOTHING = auto()
    ASK = auto()
    GIVE_UP = auto()


@dataclass(slots=True)
class Liveness:
    """One phone's; without a clock: ``now`` is seconds of any monotonic one."""

    heard_at: float
    """When it last showed that it lives."""
    _asked_at: float | None = None

    def heard(self, now: float) -> None:
        """RTP or SIP came from it, an answer of any status included."""
        self.heard_at = now
        self._asked_at = None

    def look(self, now: float) -> Look:
        """To be called every ``LOOK_EVERY_S``; tells each step once."""
        if self._asked_at is None:
            if now - self.heard_at < ASK_AFTER_S:
                return Look.NOTHING
            self._asked_at = now
            return Look.ASK
        return Look.GIVE_UP if now - self._asked_at >= GIVE_UP_AFTER_S else Look.NOTHING


async def watch(calls: Callable[[], Iterable["Call"]], hub: Hub, silent: Callable[["Call"], None]) -> None:
    """Look at every call, for ever."""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        for call in calls():
            if call.established:  # who rings is bounded by the ring limit
                look_at(call, hub, silent)


def look_at(call: "Call", hub: Hub, silent: Callable[["Call"], None]) -> None:
    """One look at one call."""
    if hub.media.heard_rtp(call.leg):
        call.heard()
        return
    match call.liveness.look(asyncio.get_running_loop().time()):
        case Look.ASK:
            call.order(lambda edge: edge.probe(call.number))
        case Look.GIVE_UP:
            silent(call)
        case Look.NOTHING:
            pass
