"""One room: its participants, its mode, its floor, and the gates that let voice in.

Theory of operation. A leg's gate is open while, and only while, its media is up and the mode lets it
talk now::

    talkgroup, broadcast   who holds the floor, with the room's talk limit
    conference             everybody who may talk, without a limit; a radio while its carrier counts

Whoever is muted, or whispers to one member, is let in by neither.

A radio takes the floor by its carrier. What a carrier is worth is looked at again after everything that
may have changed it (``settle``): it waits while another radio talks, and where the mode lets it not talk.

A picture is seen while its leg shows it, its media is up and the mode lets it show; the floor has no say.

Every method returns effects and is called by the switchboard only. A leg hears the room (JoinMedia)
from the moment it is in it with its media up; what the media core is told is always explicit, also when
a leg's media just went down, because its transport may already have been replaced by a new one.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from gateway.core import carrier as carriers
from gateway.core import floor as floors
from gateway.core.floor import Floor, FloorState
from gateway.core.pictures import Pictures
from gateway.core.radios import RadioLeg, Radios
from gateway.core.room_data import RoomData
from gateway.model.effects import Effect, JoinMedia, LeaveMedia, OpenGate, Publish, ShutGate
from gateway.model.events import (
    AirChanged,
    FloorEnd,
    MediaChanged,
    MemberMuted,
    ParticipantJoined,
    ParticipantLeft,
    RadioTalkerNamed,
    RoomModeChanged,
    TalkerChanged,
)
from gateway.model.grants import Grants
from gateway.model.ids import LegId, TalkspurtId
from gateway.model.participant import Participant
from gateway.model.radio import Air, CarrierTerms
from gateway.model.room import RoomMode, RoomSpec
from gateway.model.snapshot import Member, RoomView
from gateway.model.video import VideoKind

NextTalkspurt = Callable[[], TalkspurtId]


@dataclass(frozen=True, slots=True)
class Affiliation:
    """A participant's place in the room, and what its grants amount to while they last."""

    participant: Participant
    grants: Grants
    hears: bool
    speaks_in: frozenset[RoomMode]
    """The modes in which it is heard without asking: none while it only monitors."""
    shows_in: frozenset[RoomMode]
    """The modes in which it may be seen."""
    media_up: bool
    carrier: CarrierTerms | None = None
    """Set for a radio."""
    muted: bool = False
    """By order of a dispatcher, until it is taken back or the leg leaves."""
    whispers: bool = False
    """Its voice goes to one member now, and into no room."""

    def heard_in(self, mode: RoomMode) -> bool:
        """Its voice is let in without asking."""
        return mode in self.speaks_in and not self.muted and not self.whispers

    @property
    def author(self) -> str:
        """Who this is beyond the life of a leg: a link may be shared, so the name shown counts too."""
        return f"{self.grants.subject}/{self.participant.name}"


class Room:
    """The state of one room."""

    def __init__(self, spec: RoomSpec) -> None:
        self.spec = spec
        self.mode = spec.mode
        state = FloorState.CLOSED if spec.mode is RoomMode.CONFERENCE else FloorState.IDLE
        self.floor = Floor(spec.id, spec.talk_limit_ms or floors.T2_DEFAULT_MS, state, spec.floor)
        self._affiliations: dict[LegId, Affiliation] = {}
        self._radios = Radios()
        self._pictures = Pictures(spec.id)
        self.data = RoomData()
        self._open_gates: dict[LegId, TalkspurtId] = {}
        """Gates of an open room; the gates of a floor's talkers are the floor's."""
        self._talkers: dict[LegId, None] = {}

    def affiliation(self, leg: LegId) -> Affiliation | None:
        return self._affiliations.get(leg)

    def legs(self, author: str | None = None) -> list[LegId]:
        """Who is here, first to come first; of this ``author`` only, under whatever leg it is here."""
        return [leg for leg, one in self._affiliations.items() if author in (None, one.author)]

    @property
    def full(self) -> bool:
        return len(self._affiliations) >= self.spec.capacity

    # -- who is here -------------------------------------------------------------------------

    def join(
        self,
        leg: LegId,
        affiliation: Affiliation,
        talkspurt: NextTalkspurt,
        radio: RadioLeg | None = None,
    ) -> list[Effect]:
        """Let a leg in, or take over new grants, or another wish to be heard, of one that is in already.

        ``radio``: of one that comes from another room, how it was there.
        """
        before = self._affiliations.get(leg)
        if before is not None:
            affiliation = replace(
                affiliation,
                participant=before.participant,
                carrier=before.carrier,
                muted=before.muted,
            )
        self._affiliations[leg] = affiliation
        if affiliation.carrier is not None:
            self._radios.add(leg, affiliation.carrier, radio)
        effects = self._connect(leg, affiliation, talkspurt)
        effects += self._keep_pictures(leg)
        if before is None:
            joined = ParticipantJoined(self.spec.id, affiliation.participant, affiliation.media_up)
            effects.append(Publish(self.spec.id, joined))
        if radio is not None:
            effects += self._told_of(leg, radio)
        return effects

    def leave(self, leg: LegId, why: str, end: FloorEnd, now: float) -> list[Effect]:
        """Take a leg out; ``end`` is why its talkspurt ends, if it holds the floor."""
        affiliation = self._affiliations.pop(leg)
        self._radios.remove(leg)
        self.data.forget(leg)
        effects = self._disconnect(leg, end, now) if affiliation.media_up else []
        return [*effects, Publish(self.spec.id, ParticipantLeft(self.spec.id, leg, why))]

    def media_changed(self, leg: LegId, *, up: bool, now: float, talkspurt: NextTalkspurt) -> list[Effect]:
        """A participant's media came up or went down."""
        affiliation = replace(self._affiliations[leg], media_up=up)
        self._affiliations[leg] = affiliation
        if up:
            effects = self._connect(leg, affiliation, talkspurt)
        else:
            effects = self._disconnect(leg, FloorEnd.LEG_LOST, now)
        return [*effects, Publish(self.spec.id, MediaChanged(self.spec.id, leg, up))]

    def _connect(self, leg: LegId, affiliation: Affiliation, talkspurt: NextTalkspurt) -> list[Effect]:
        if not affiliation.media_up:
            return []
        effects: list[Effect] = [JoinMedia(self.spec.id, leg, affiliation.hears)]
        if self.mode is RoomMode.CONFERENCE and leg not in self._radios:
            effects += self._set_open_gate(leg, talkspurt, wanted=affiliation.heard_in(self.mode))
        return effects

    def _disconnect(self, leg: LegId, end: FloorEnd, now: float) -> list[Effect]:
        effects = self.step_floor(floors.LegGone(leg, end), now)
        effects += self._shut_open_gate(leg)
        effects += self._pictures.hide_all(leg)
        return [*effects, LeaveMedia(self.spec.id, leg)]

    # -- who may be heard --------------------------------------------------------------------

    def step_floor(self, what: floors.FloorInput, now: float) -> list[Effect]:
        """Feed the floor machine."""
        before = self.floor.talkers
        self.floor, effects = floors.step(self.floor, what, now)
        if isinstance(what, _CLOCKS):
            for leg in set(before) - set(self.floor.talkers):
                self._radios.step(leg, carriers.LimitRanOut(), now)
        return effects

    def limit_hit(self, leg: LegId, talkspurt: TalkspurtId, now: float) -> list[Effect]:
        """The media core shut the gate of a talkspurt by itself."""
        if self._open_gates.get(leg) == talkspurt:
            self._radios.step(leg, carriers.LimitRanOut(), now)
        return self.step_floor(floors.LimitHit(talkspurt), now)

    def set_mode(self, mode: RoomMode, by: LegId, now: float, talkspurt: NextTalkspurt) -> list[Effect]:
        """Switch live: what the old mode let through is shut before the new one opens anything."""
        effects: list[Effect] = []
        for leg in tuple(self._open_gates):
            effects += self._shut_open_gate(leg)
        self.mode = mode
        if mode is RoomMode.CONFERENCE:
            effects += self.step_floor(floors.Closed(), now)
            for leg, affiliation in self._affiliations.items():
                if affiliation.media_up and leg not in self._radios:
                    effects += self._set_open_gate(leg, talkspurt, wanted=affiliation.heard_in(mode))
        else:
            effects += self.step_floor(floors.Opened(), now)
        for leg in self._pictures.legs():
            effects += self._keep_pictures(leg)
        return [*effects, Publish(self.spec.id, RoomModeChanged(self.spec.id, mode, by))]

    def mute(
        self, leg: LegId, *, muted: bool, by: LegId, now: float, talkspurt: NextTalkspurt
    ) -> list[Effect]:
        """Keep a member's voice out, or let it in again; a radio's carrier then counts as little."""
        affiliation = replace(self._affiliations[leg], muted=muted)
        if affiliation == self._affiliations[leg]:
            return []
        self._affiliations[leg] = affiliation
        effects = self.step_floor(floors.LegGone(leg, FloorEnd.MUTED), now) if muted else []
        effects += self._connect(leg, affiliation, talkspurt)
        return [*effects, Publish(self.spec.id, MemberMuted(self.spec.id, leg, muted, by))]

    def talking(self, leg: LegId, *, on: bool, now: float) -> list[Effect]:
        """Voice activity of a leg whose gate is open; anything else is late news.

        A radio talks while its carrier counts, whatever is said then.
        """
        if leg in self._radios:
            return []
        told = self.step_floor(floors.Heard(leg), now) if on else []
        return [*told, *self._set_talker(leg, on=on)]

    def _set_talker(self, leg: LegId, *, on: bool) -> list[Effect]:
        if leg not in self._open_gates or (leg in self._talkers) is on:
            return []
        if on:
            self._talkers[leg] = None
        else:
            del self._talkers[leg]
        return [Publish(self.spec.id, TalkerChanged(self.spec.id, leg, on))]

    def _set_open_gate(self, leg: LegId, talkspurt: NextTalkspurt, *, wanted: bool) -> list[Effect]:
        if not wanted:
            return self._shut_open_gate(leg)
        if leg in self._open_gates:
            return []
        self._open_gates[leg] = talkspurt()
        radio = self._radios.find(leg)
        limit_ms = 0 if radio is None else radio.carrier.terms.limit_ms
        told = [] if radio is None else self._set_talker(leg, on=True)
        return [OpenGate(self.spec.id, leg, self._open_gates[leg], limit_ms), *told]

    def _shut_open_gate(self, leg: LegId) -> list[Effect]:
        if leg not in self._open_gates:
            return []
        quiet = self._set_talker(leg, on=False)
        del self._open_gates[leg]
        return [ShutGate(self.spec.id, leg), *quiet]

    # -- who may be seen ---------------------------------------------------------------------

    def show(self, leg: LegId, kind: VideoKind) -> list[Effect]:
        """Let the room see a picture of a leg that may show it and whose media is up."""
        return self._pictures.show(leg, kind)

    def hide(self, leg: LegId, kind: VideoKind) -> list[Effect]:
        """Let the room see it no longer."""
        return self._pictures.hide(leg, kind)

    def _keep_pictures(self, leg: LegId) -> list[Effect]:
        may = self.mode in self._affiliations[leg].shows_in
        return [] if may else self._pictures.hide_all(leg)

    # -- radios ------------------------------------------------------------------------------

    def radio(self, leg: LegId) -> RadioLeg | None:
        """How a radio is; None for any other leg."""
        return self._radios.find(leg)

    def _told_of(self, leg: LegId, radio: RadioLeg) -> list[Effect]:
        room = self.spec.id
        air = Publish(room, AirChanged(room, leg, radio.air.state, radio.air.why))
        return [air, *([Publish(room, RadioTalkerNamed(room, leg, radio.talker))] if radio.talker else [])]

    def step_carrier(self, leg: LegId, what: carriers.CarrierInput, now: float) -> None:
        """Feed a radio's carrier machine; ``settle`` draws the conclusions."""
        self._radios.step(leg, what, now)

    def air_moved(self, leg: LegId, air: Air, now: float) -> list[Effect]:
        """News of a radio's transmitter."""
        if not self._radios.moved(leg, air, now):
            return []
        return [Publish(self.spec.id, AirChanged(self.spec.id, leg, air.state, air.why))]

    def talker_named(self, leg: LegId, name: str) -> list[Effect]:
        """The radio network says who talks."""
        if not self._radios.named(leg, name):
            return []
        return [Publish(self.spec.id, RadioTalkerNamed(self.spec.id, leg, name))]

    def settle(self, now: float, talkspurt: NextTalkspurt) -> list[Effect]:
        """Give every carrier what it is worth now; what no radio takes is served to the queue."""
        if self.mode is RoomMode.CONFERENCE:
            return [
                effect
                for leg in self._radios
                for effect in self._set_open_gate(leg, talkspurt, wanted=self._carried(leg))
            ]
        effects: list[Effect] = []
        for leg in self._radios:
            if leg in self.floor.talkers and not self._carried(leg):
                effects += self.step_floor(floors.CarrierOff(leg), now)
        for leg in self._radios:
            if self.floor.yields_to_carrier and leg not in self.floor.talkers and self._carried(leg):
                limit_ms = self._radios[leg].carrier.terms.limit_ms
                effects += self.step_floor(floors.CarrierOn(leg, talkspurt(), limit_ms), now)
        while self.floor.queue and not self.floor.full:
            effects += self.step_floor(floors.Serve(talkspurt()), now)
        return effects

    def carrier_deadlines(self) -> list[tuple[LegId, float | None]]:
        """When each radio's carrier machine wants to be called."""
        return [(leg, self._radios[leg].carrier.deadline) for leg in self._radios]

    def _carried(self, leg: LegId) -> bool:
        """Somebody talks on the air of this radio, and the room wants to hear it now."""
        affiliation = self._affiliations[leg]
        heard = affiliation.media_up and affiliation.heard_in(self.mode)
        return heard and self._radios[leg].carrier.counts

    # -- how it looks ------------------------------------------------------------------------

    def view(self, now: float) -> RoomView:
        """The room as its participants may see it."""
        turns = self.floor.turns
        latest = turns[-1] if turns else None
        return RoomView(
            id=self.spec.id,
            name=self.spec.name,
            mode=self.mode,
            talk_limit_ms=self.spec.talk_limit_ms,
            members=tuple(self._member(a, now) for a in self._affiliations.values()),
            holder=latest.leg if latest else None,
            talkspurt=latest.talkspurt if latest else None,
            holder_since_ms=max(0, int((now - latest.since) * 1000)) if latest else 0,
            beside=tuple(turn.leg for turn in turns[:-1]),
            talkers_max=self.spec.floor.talkers_max,
            talkers=tuple(self._talkers),
            messages=self.data.recent(),
            queue=tuple(one.leg for one in self.floor.queue),
            made=self.spec.made,
        )

    def _member(self, affiliation: Affiliation, now: float) -> Member:
        leg = affiliation.participant.leg
        radio = self._radios.find(leg)
        return Member(
            affiliation.participant,
            affiliation.media_up,
            air=None if radio is None else radio.air,
            talker="" if radio is None else radio.talker,
            muted=affiliation.muted,
            shows=self._pictures.of(leg),
            status=self.data.status(leg, now),
            position=self.data.position(leg, now),
        )


_CLOCKS = (floors.Due, floors.LimitHit)
