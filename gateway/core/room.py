"""One room: its participants, its mode, its floor, and the gates that let voice in.

Theory of operation. A leg's gate is open while, and only while, its media is up and the mode lets it
talk now::

    talkgroup, broadcast   the holder of the floor, with the room's talk limit
    conference             everybody who may talk, without a limit

Every method returns effects and is called by the switchboard only. A leg hears the room (JoinMedia)
from the moment it is in it with its media up; what the media core is told is always explicit, also when
a leg's media just went down, because its transport may already have been replaced by a new one.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from gateway.core import floor as floors
from gateway.core.floor import Floor, FloorState
from gateway.model.effects import Effect, JoinMedia, LeaveMedia, OpenGate, Publish, ShutGate
from gateway.model.events import (
    FloorEnd,
    MediaChanged,
    ParticipantJoined,
    ParticipantLeft,
    RoomModeChanged,
    TalkerChanged,
)
from gateway.model.grants import Grants
from gateway.model.ids import LegId, TalkspurtId
from gateway.model.participant import Participant
from gateway.model.room import RoomMode, RoomSpec
from gateway.model.snapshot import Member, RoomView

NextTalkspurt = Callable[[], TalkspurtId]


@dataclass(frozen=True, slots=True)
class Affiliation:
    """A participant's place in the room, and what its grants amount to while they last."""

    participant: Participant
    grants: Grants
    hears: bool
    speaks_when_open: bool
    media_up: bool


class Room:
    """The state of one room."""

    def __init__(self, spec: RoomSpec) -> None:
        self.spec = spec
        self.mode = spec.mode
        state = FloorState.CLOSED if spec.mode is RoomMode.CONFERENCE else FloorState.IDLE
        self.floor = Floor(spec.id, spec.talk_limit_ms or floors.T2_DEFAULT_MS, state)
        self._affiliations: dict[LegId, Affiliation] = {}
        self._open_gates: dict[LegId, None] = {}
        """Gates of an open room; the floor holder's gate is the floor's."""
        self._talkers: dict[LegId, None] = {}

    def affiliation(self, leg: LegId) -> Affiliation | None:
        return self._affiliations.get(leg)

    @property
    def full(self) -> bool:
        return len(self._affiliations) >= self.spec.capacity

    # -- who is here -------------------------------------------------------------------------

    def join(self, leg: LegId, affiliation: Affiliation, talkspurt: NextTalkspurt) -> list[Effect]:
        """Let a leg in, or take over new grants of one that is in already."""
        before = self._affiliations.get(leg)
        if before is not None:
            affiliation = replace(affiliation, participant=before.participant)
        self._affiliations[leg] = affiliation
        effects = self._connect(leg, affiliation, talkspurt)
        if before is None:
            joined = ParticipantJoined(self.spec.id, affiliation.participant, affiliation.media_up)
            effects.append(Publish(self.spec.id, joined))
        return effects

    def leave(self, leg: LegId, why: str, end: FloorEnd, now: float) -> list[Effect]:
        """Take a leg out; ``end`` is why its talkspurt ends, if it holds the floor."""
        affiliation = self._affiliations.pop(leg)
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
        if self.mode is RoomMode.CONFERENCE:
            effects += self._set_open_gate(leg, talkspurt, wanted=affiliation.speaks_when_open)
        return effects

    def _disconnect(self, leg: LegId, end: FloorEnd, now: float) -> list[Effect]:
        effects = self.step_floor(floors.LegGone(leg, end), now)
        effects += self._shut_open_gate(leg)
        return [*effects, LeaveMedia(self.spec.id, leg)]

    # -- who may be heard --------------------------------------------------------------------

    def step_floor(self, what: floors.FloorInput, now: float) -> list[Effect]:
        """Feed the floor machine."""
        self.floor, effects = floors.step(self.floor, what, now)
        return effects

    def set_mode(self, mode: RoomMode, by: LegId, now: float, talkspurt: NextTalkspurt) -> list[Effect]:
        """Switch live: what the old mode let through is shut before the new one opens anything."""
        effects: list[Effect] = []
        for leg in tuple(self._open_gates):
            effects += self._shut_open_gate(leg)
        self.mode = mode
        if mode is RoomMode.CONFERENCE:
            effects += self.step_floor(floors.Closed(), now)
            for leg, affiliation in self._affiliations.items():
                if affiliation.media_up:
                    effects += self._set_open_gate(leg, talkspurt, wanted=affiliation.speaks_when_open)
        else:
            effects += self.step_floor(floors.Opened(), now)
        return [*effects, Publish(self.spec.id, RoomModeChanged(self.spec.id, mode, by))]

    def talking(self, leg: LegId, *, on: bool) -> list[Effect]:
        """Voice activity of a leg whose gate is open in an open room; anything else is late news."""
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
        self._open_gates[leg] = None
        return [OpenGate(self.spec.id, leg, talkspurt(), limit_ms=0)]

    def _shut_open_gate(self, leg: LegId) -> list[Effect]:
        if leg not in self._open_gates:
            return []
        quiet = self.talking(leg, on=False)
        del self._open_gates[leg]
        return [ShutGate(self.spec.id, leg), *quiet]

    # -- how it looks ------------------------------------------------------------------------

    def view(self, now: float) -> RoomView:
        """The room as its participants may see it."""
        taken = self.floor.state is FloorState.TAKEN
        return RoomView(
            id=self.spec.id,
            name=self.spec.name,
            mode=self.mode,
            talk_limit_ms=self.spec.talk_limit_ms,
            members=tuple(Member(a.participant, a.media_up) for a in self._affiliations.values()),
            holder=self.floor.holder,
            talkspurt=self.floor.talkspurt,
            holder_since_ms=max(0, int((now - self.floor.since) * 1000)) if taken else 0,
            talkers=tuple(self._talkers),
        )
