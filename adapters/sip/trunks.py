"""All trunks while they run: what goes out by which, and who comes in from one."""

from collections.abc import Callable, Coroutine

from adapters._kit.counters import Counters
from adapters.sip.accounts import account
from adapters.sip.config import SipConfig
from adapters.sip.numbers import Numbers
from adapters.sip.resolver import Resolve
from adapters.sip.transport import Transport
from adapters.sip.trunk import Exit, Trunk
from adapters.sip.trunk_config import SipTrunk

COUNTERS = ("trunk_failures_total", "trunk_lookups_failed_total")
_FIRST_REGISTRATION = 1 << 62
"""Registrations are numbered far above legs: the SIP thread rejects orders of both by bare number."""


class Trunks:
    """One for a run of the adapter. Raises Unusable, OSError for an account that cannot be used."""

    def __init__(
        self,
        config: SipConfig,
        numbers: Numbers,
        transport: Transport,
        resolve: Resolve,
        counters: Counters,
        clock: Callable[[], float],
    ) -> None:
        self._numbers = numbers
        self._transport = transport
        self._trusted: set[str] = set()
        self._trunks = {
            number: Trunk(
                trunk,
                number,
                account(trunk),
                transport=transport,
                resolve=resolve,
                counters=counters,
                moved=self._moved,
                clock=clock,
            )
            for number, trunk in enumerate(config.trunks, start=_FIRST_REGISTRATION)
        }
        counters.gauge("trunks_registered", lambda: sum(trunk.registered for trunk in self._all))
        counters.gauge(
            "trunks_unregistered",
            lambda: sum(trunk.wants_registration and not trunk.registered for trunk in self._all),
        )
        counters.gauge("trunks_unresolved", lambda: sum(not trunk.addresses for trunk in self._all))

    @property
    def _all(self) -> tuple[Trunk, ...]:
        return tuple(self._trunks.values())

    def tasks(self) -> list[tuple[Coroutine[None, None, None], str]]:
        """What is to be run, each under its name."""
        return [(trunk.keep(), f"sip trunk {trunk.config.name}") for trunk in self._all]

    def told(self, registration: int, state: str, detail: int) -> bool:
        """News of a registration; False: the number is none."""
        trunk = self._trunks.get(registration)
        if trunk is not None:
            trunk.told(state, detail)
        return trunk is not None

    def at(self, transport: str, ip: str) -> tuple[SipTrunk, ...]:
        """The trunks at an address that let somebody in; one that speaks TLS sends nobody by UDP."""
        return tuple(
            trunk.config
            for trunk in self._all
            if trunk.config.lets_in and trunk.config.transport == transport and ip in trunk.believed
        )

    def exit(self, number: str) -> Exit | None:
        """How a number goes out now; None: it does not."""
        wanted = self._numbers.trunk(number)
        trunk = next((trunk for trunk in self._all if trunk.config is wanted), None)
        return trunk.exit(number) if trunk is not None else None

    def leave(self) -> None:
        """Take every registration back."""
        for trunk in self._all:
            trunk.leave()

    def _moved(self) -> None:
        """The edge believes exactly the addresses at which a trunk is now that lets somebody in."""
        edge = self._transport.edge
        trusted = {ip for trunk in self._all if trunk.config.lets_in for ip in trunk.believed}
        for ip in self._trusted ^ trusted:
            believed = ip in trusted
            self._transport.order(lambda ip=ip, believed=believed: edge.set_trusted(ip, believed))  # type: ignore[misc]
        self._trusted = trusted
