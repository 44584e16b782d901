"""The radio legs of one room: their carriers, their transmitters, and who talks on the air."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gateway.core import carrier as carriers
from gateway.core.carrier import Carrier
from gateway.model.ids import LegId
from gateway.model.radio import Air, AirState, CarrierTerms

_KEYED = (AirState.KEYING, AirState.ON_AIR)


@dataclass(frozen=True, slots=True)
class RadioLeg:
    """One of them. ``talker``: as the radio network says, while the carrier counts; empty: unknown."""

    carrier: Carrier
    air: Air
    talker: str = ""


class Radios:
    """A leg enters when it joins the room and goes when it leaves; facts of other legs are late news."""

    def __init__(self) -> None:
        self._legs: dict[LegId, RadioLeg] = {}

    def add(self, leg: LegId, terms: CarrierTerms, state: RadioLeg | None = None) -> None:
        """A radio leg joined, in the ``state`` of the room it comes from; one that is in gets new terms."""
        before = self._legs.get(leg) or state
        carrier = Carrier(terms) if before is None else replace(before.carrier, terms=terms)
        self._legs[leg] = (
            RadioLeg(carrier, Air(AirState.OFFLINE)) if before is None else replace(before, carrier=carrier)
        )

    def remove(self, leg: LegId) -> None:
        """Unknown legs are fine."""
        self._legs.pop(leg, None)

    def find(self, leg: LegId) -> RadioLeg | None:
        return self._legs.get(leg)

    def __getitem__(self, leg: LegId) -> RadioLeg:
        return self._legs[leg]

    def __contains__(self, leg: LegId) -> bool:
        return leg in self._legs

    def __iter__(self) -> Iterator[LegId]:
        return iter(self._legs)

    def step(self, leg: LegId, what: carriers.CarrierInput, now: float) -> None:
        """Feed a leg's carrier machine."""
        found = self._legs.get(leg)
        if found is not None:
            carrier = carriers.step(found.carrier, what, now)
            talker = found.talker if carrier.counts else ""
            self._legs[leg] = replace(found, carrier=carrier, talker=talker)

    def moved(self, leg: LegId, air: Air, now: float) -> bool:
        """News of a transmitter; False when it is none."""
        found = self._legs.get(leg)
        if found is None or found.air == air:
            return False
        before = found.air.state
        self._legs[leg] = replace(found, air=air)
        if air.state in _KEYED:
            self.step(leg, carriers.Keyed(), now)
        elif before in _KEYED:
            self.step(leg, carriers.Unkeyed(aired=before is AirState.ON_AIR), now)
        return True

    def named(self, leg: LegId, talker: str) -> bool:
        """Who talks on the air; False when that was known, or nobody talks there."""
        found = self._legs.get(leg)
        if found is None or not found.carrier.counts or found.talker == talker:
            return False
        self._legs[leg] = replace(found, talker=talker)
        return True
