"""Radio sites as load: bridges that connect as ours do, and talk in frames that tell when they were spoken.

    python -m bench.radio_sites PORT SECONDS TALKING NAME:PASSWORD:SID...

Passwords are of the run's own broker. Of each bridge TALKING channels talk; all of them are spread over the
20 ms, as people are. Prints ``talking`` when all are connected and one line of
JSON at the end: frames sent and dropped at the source.
"""

import asyncio
import json
import sys

import uvloop

from adapters.bridges.brokers import Address as Broker
from adapters.bridges.mqtt import Connection, Will
from adapters.bridges.native import RadioStream, RadioUplink
from adapters.bridges.ptt_watchdog import now_us
from adapters.bridges.session import wall_ms
from adapters.radio.contract.topics import UP, Kind

FRAME_US = 20_000
STAMP_BYTES = 8
_FILLER = bytes(160 - STAMP_BYTES)
_HEARTBEAT_S = 1.0


class Load:
    """One bridge."""

    def __init__(self, name: str, sid: str, connection: Connection) -> None:
        self._name = name
        self._uplink = RadioUplink(sid=sid)
        self._connection = connection
        self.sent = 0
        self.dropped = 0

    async def beat(self) -> None:
        """Heartbeats, until cancelled."""
        while True:
            payload = self._uplink.heartbeat(now_us(), wall_ms())
            self._connection.publish(f"rb/1/{self._name}/up/hb", payload, UP[Kind.HEARTBEAT])
            await asyncio.sleep(_HEARTBEAT_S)

    async def talk(self, channel: int, stream: int, seconds: float, phase_us: int) -> None:
        """One over on one channel."""
        messages = RadioStream(stream=stream, codec="pcmu/8000/1")
        topic = f"rb/1/{self._name}/up/ch/c{channel}/rx"
        began_us = now_us() + phase_us
        for number in range(round(seconds * 1e6 / FRAME_US)):
            due_us = began_us + (number + 1) * FRAME_US
            await asyncio.sleep(max(0.0, (due_us - now_us()) / 1e6))
            spoken_us = due_us - FRAME_US
            message = messages.push(due_us.to_bytes(STAMP_BYTES, "big") + _FILLER, spoken_us)
            if message is not None:
                self._send(topic, message)
        for message in messages.end() * 3:
            self._connection.send_frame(topic, message)
            await asyncio.sleep(FRAME_US / 1e6)

    def _send(self, topic: str, message: bytes) -> None:
        self.sent += 1
        self.dropped += not self._connection.send_frame(topic, message)


async def main() -> None:
    """See the module."""
    port, seconds, talking, *bridges = sys.argv[1:]
    loads: list[Load] = []
    async with asyncio.TaskGroup() as beats:
        for bridge in bridges:
            name, password, sid = bridge.split(":")
            broker = Broker("127.0.0.1", int(port), None, name, password)
            will = Will(f"rb/1/{name}/up/state", b"")
            connection = await Connection.open(broker, name, will, lambda _message: None)
            loads.append(Load(name, sid, connection))
        beating = [beats.create_task(load.beat()) for load in loads]
        await asyncio.sleep(2 * _HEARTBEAT_S)
        print("talking", flush=True)
        streams = [(load, channel) for load in loads for channel in range(int(talking))]
        step_us = FRAME_US // len(streams)
        await asyncio.gather(
            *(
                load.talk(channel, number + 1, float(seconds), number * step_us)
                for number, (load, channel) in enumerate(streams)
            )
        )
        for task in beating:
            task.cancel()
    told = {"sent": sum(load.sent for load in loads), "dropped": sum(load.dropped for load in loads)}
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
