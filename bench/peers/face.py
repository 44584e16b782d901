"""What the benchmark asks of a program under load."""

from typing import Protocol

from bench.generator import Generator


class Relay(Protocol):
    """A relay process with one room. ``name`` stands in the table, with its version."""

    name: str

    async def start(self) -> None:
        """Start the process with its configuration in a temporary folder; return when it serves."""

    @property
    def pid(self) -> int: ...

    async def publish(self, generator: Generator, session: int) -> None:
        """Sign the generator's session in as the room's one talker."""

    async def subscribe(self, generator: Generator, session: int) -> None:
        """Sign the generator's session in as a listener of the talker."""

    async def stop(self) -> None: ...
