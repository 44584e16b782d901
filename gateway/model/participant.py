"""Who is in a room, and by what kind of leg."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.model.ids import LegId


class LegKind(StrEnum):
    """The network a leg came from."""

    BROWSER = "browser"
    WHIP = "whip"
    WHEP = "whep"
    PHONE = "phone"
    RADIO = "radio"
    APPLICATION = "application"


@dataclass(frozen=True, slots=True)
class Participant:
    """A role present in a room. ``name`` and ``unit`` are personal data: never logged above debug."""

    leg: LegId
    name: str
    unit: str
    kind: LegKind
