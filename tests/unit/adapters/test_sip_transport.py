"""What a fault in one event of the SIP thread may cost: that event."""

from typing import TYPE_CHECKING

from adapters._kit.counters import Counters
from adapters.sip.config import SipConfig
from adapters.sip.transport import Transport
from tests.unit.app.values import eventually

if TYPE_CHECKING:
    from adapters.sip.native import SipEvent


async def test_a_fault_in_one_event_is_counted_and_the_others_are_taken() -> None:
    taken: list[object] = []
    counters = Counters("faults_total")

    def take(event: "SipEvent") -> None:
        taken.append(event[1])
        raise RuntimeError

    transport = Transport(SipConfig(listen_udp=("127.0.0.1:0",)), None, take, counters)
    try:
        # Nobody knows these legs: each order is answered by an event.
        legs = list(range(1, 41, 2))
        for leg in legs:
            transport.order(lambda leg=leg: transport.edge.hangup(leg))  # type: ignore[misc]
        await eventually(lambda: len(taken) == len(legs))
    finally:
        await transport.stop()
    assert taken == legs
    assert counters.read()["faults_total"] == len(legs)
