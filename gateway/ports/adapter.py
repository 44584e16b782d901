"""An adapter: one outside network. Found by entry-point group ``gateway.adapters``.

Implemented by ``adapters.web``; later sip and radio.
"""

from typing import Protocol, runtime_checkable

from gateway.ports.hub import Hub


class Adapter(Protocol):
    """Life cycle, run by the supervisor: ``run`` until cancelled; a raise means restart with backoff."""

    name: str
    config_type: type
    """Frozen dataclass of the adapter's section ``[{name}]`` in the configuration file."""

    async def run(self, hub: Hub) -> None:
        """Open the doors, serve, close them when cancelled."""

    @property
    def ready(self) -> bool:
        """Its doors are open (read by /readyz)."""


@runtime_checkable
class Addressed(Protocol):
    """An adapter with an address that people type; the first one's is printed in the ready line."""

    @property
    def address(self) -> str:
        """Such as ``http://127.0.0.1:8080/`` (the port really bound); empty until ready."""
