"""The fake hub as a process that talks, so that a story can stop or kill it in the middle of a word.

    python -m sim.radio.hub_program HOST PORT USERNAME BRIDGE CHANNEL FRAMES [EPOCH]

The password stands on the first line of standard input. Prints ``began {microseconds}`` with the first frame
of ``judge.stamped(0, FRAMES)``, then ``over``; stays, as a hub does, until it is ended.
"""

import asyncio
import sys

from sim.radio.hub import Broker, fake_hub, now_us
from sim.radio.judge import stamped

_STAYS_S = 60.0


async def main() -> None:
    """See the module."""
    host, port, username, bridge, channel, frames, *epoch = sys.argv[1:]
    broker = Broker(host, int(port), username, sys.stdin.readline().strip())
    async with (
        asyncio.timeout(_STAYS_S),
        fake_hub(broker, bridge, channel, epoch=int(epoch[0]) if epoch else 1) as hub,
    ):
        await hub.ready()
        token = await hub.granted(channel)
        print("began", now_us(), flush=True)
        await hub.say(channel, token, stamped(0, int(frames)))
        print("over", flush=True)
        await asyncio.sleep(_STAYS_S)


if __name__ == "__main__":
    asyncio.run(main())
