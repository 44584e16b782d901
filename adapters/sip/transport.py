"""The native SIP thread: orders out, batches of events in. The only importer of its class."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from adapters._kit.counters import Counters
from adapters.sip import native
from adapters.sip.config import SipConfig, door
from adapters.sip.own_address import OwnAddress
from gateway.backlog import Backlog

if TYPE_CHECKING:
    from adapters.sip.native import SipEvent

log = structlog.get_logger("sip.transport")


class EdgeLost(Exception):
    """The SIP thread ended or takes no orders any more."""


class Transport:
    """Runs one ``SipEdge`` on the event loop. Raises OSError for sockets, ValueError for values."""

    def __init__(
        self,
        config: SipConfig,
        identity: tuple[bytes, bytes] | None,
        take: Callable[["SipEvent"], None],
        counters: Counters,
    ) -> None:
        self.edge = native.SipEdge(
            listen=_doors(config),
            realm=config.realm,
            algorithms=list(config.algorithms),
            limits={
                "legs": config.calls_max,
                "connections": config.connections_max,
                "connections_per_source": config.connections_per_address,
                "rate_per_s": config.requests_per_s,
                "burst": 2 * config.requests_per_s,
            },
            identity=identity,
            authorities=config.authorities.read_bytes() if config.authorities else None,
        )
        self.own_address = OwnAddress(config.announce, self.edge.doors())
        self._take = take
        self._counters = counters
        self._loop = asyncio.get_running_loop()
        self._lost: asyncio.Future[None] = self._loop.create_future()
        # An order that is lost leaves a call half made: the edge is given up, and the adapter starts again.
        self._backlog = Backlog(lambda: self._lose("it takes no orders"))
        self._fd = self.edge.event_fd()
        self._loop.add_reader(self._fd, self._drain)

    async def run(self) -> None:
        """Returns never; raises EdgeLost."""
        await self._lost

    def order(self, order: Callable[[], None]) -> None:
        """Give an order, after those that are waiting."""
        self._backlog.give(order)

    async def stop(self) -> None:
        """Ends the thread after the orders that it has."""
        self._loop.remove_reader(self._fd)
        self._backlog.close()
        await asyncio.to_thread(self.edge.stop)

    def _drain(self) -> None:
        # One batch a wake: the bell goes on while more wait, and other tasks get their turn.
        try:
            events = self.edge.drain()
        except OSError as error:
            self._loop.remove_reader(self._fd)
            self._lose(str(error))
            return
        for event in events:
            try:
                self._take(event)
            except Exception:
                # Not of the others: what is lost of a batch would be calls that nobody ends.
                self._counters.add("faults_total")
                log.exception("an event of the SIP thread failed", kind=event[0])

    def _lose(self, why: str) -> None:
        if not self._lost.done():
            self._lost.set_exception(EdgeLost(why))


def _doors(config: SipConfig) -> list[tuple[str, str, int, str | None]]:
    kinds = (("udp", config.listen_udp), ("tcp", config.listen_tcp), ("tls", config.listen_tls))
    return [(kind, *door(text), config.announce or None) for kind, texts in kinds for text in texts]
