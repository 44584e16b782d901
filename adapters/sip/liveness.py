"""Who is still there (DESIGN 3.14): a phone that was not heard for a while is asked, and one that does not
answer is let go. A silent phone on hold answers, and stays.
"""

import asyncio
from collections.abc import Callable, Iterable

from adapters.sip.call import Call
from gateway.ports.hub import Hub

LOOK_EVERY_S = 1.0
ASK_AFTER_S = 15.0
"""Neither RTP nor SIP came for so long: ask by OPTIONS in the dialog."""
GIVE_UP_AFTER_S = 28.0
"""So long after the question; together with it less than 45 s after the phone died."""


async def watch(calls: Callable[[], Iterable[Call]], hub: Hub, silent: Callable[[Call], None]) -> None:
    """Look at every call, for ever."""
    clock = asyncio.get_running_loop().time
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        for call in calls():
            if not call.established:
                continue  # who rings is bounded by the ring limit
            if hub.media.heard_rtp(call.leg):
                call.heard()
            elif call.probed_at is None:
                if clock() - call.heard_at >= ASK_AFTER_S:
                    ask(call, clock())
            elif clock() - call.probed_at >= GIVE_UP_AFTER_S:
                silent(call)


def ask(call: Call, now: float) -> None:
    """One OPTIONS; its answer is ``heard``."""
    call.probed_at = now
    call.order(lambda edge: edge.probe(call.number))
