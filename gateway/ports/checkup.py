"""What ``crosspatch doctor`` asks of an adapter: the doors it would open, and what it needs of the world.

Implemented by the adapters of web, sip and radio; an adapter without it is simply not asked.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable


class Verdict(StrEnum):
    """Worst last."""

    OK = "ok"
    WARN = "warn"
    """It runs, and somebody will complain."""
    FAIL = "fail"
    """Somebody cannot work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line for a person. No secret and nobody's name or number stands in it."""

    verdict: Verdict
    found: str
    remedy: str = ""
    """What to do, where there is something."""


@dataclass(frozen=True, slots=True)
class Check:
    """One question, answered on a thread of its own; it changes nothing and may be given up at any time.

    ``run``: an OSError, ValueError or ImportError that it raises is a failure with that text.
    """

    name: str
    run: Callable[[], Iterable[Finding]]
    limit_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Door:
    """A port that the gateway will listen at."""

    key: str
    """Where it is configured."""
    tcp: bool
    """False: UDP."""
    host: str
    """An IP address."""
    port: int


@runtime_checkable
class Examined(Protocol):
    """An adapter that can be asked, without being run."""

    def wanted_doors(self, config: Callable[[str], Any]) -> Sequence[Door]:
        """Ports of its own. ``config``: a section by its name, as ``Hub.config``."""

    def checks(self, config: Callable[[str], Any], *, sign_in: bool) -> Sequence[Check]:
        """Its questions. ``sign_in``: it may use names of which a server lets in one connection only."""


def ok(found: str) -> Finding:
    """All is well."""
    return Finding(Verdict.OK, found)


def warn(found: str, remedy: str) -> Finding:
    """As ``Verdict.WARN``."""
    return Finding(Verdict.WARN, found, remedy)


def fail(found: str, remedy: str) -> Finding:
    """As ``Verdict.FAIL``."""
    return Finding(Verdict.FAIL, found, remedy)
