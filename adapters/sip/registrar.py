"""Which phone is reached where. The core of the edge owns the truth; this is what the hub needs of it."""

from dataclasses import dataclass

BINDINGS_MAX = 8
"""Phones of one number; the core's own bound, kept here too so that no fault there makes this grow."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One registered phone."""

    contact: str
    link: int
    transport: str
    remote_ip: str
    remote_port: int
    path: tuple[str, ...]
    local_ip: str


class Registrar:
    """Bindings by number. They do not survive a restart: phones register again."""

    def __init__(self) -> None:
        self._bindings: dict[str, dict[str, Binding]] = {}
        self.counters = {"registrations_total": 0, "unregistrations_total": 0}

    def bound(self, number: str, binding: Binding) -> None:
        """A phone registered or refreshed."""
        phones = self._bindings.setdefault(number, {})
        if binding.contact not in phones:
            self.counters["registrations_total"] += 1
        phones.pop(binding.contact, None)
        phones[binding.contact] = binding
        while len(phones) > BINDINGS_MAX:
            del phones[next(iter(phones))]

    def unbound(self, number: str, contact: str) -> None:
        """A phone is gone."""
        phones = self._bindings.get(number, {})
        if phones.pop(contact, None) is not None:
            self.counters["unregistrations_total"] += 1
        if not phones:
            self._bindings.pop(number, None)

    def phones(self, number: str) -> tuple[Binding, ...]:
        """Where a number is reached, the latest registration first."""
        return tuple(reversed(self._bindings.get(number, {}).values()))

    def __len__(self) -> int:
        return sum(len(phones) for phones in self._bindings.values())
