"""Whispers: a dispatcher's voice to one member alone, while that member goes on hearing its rooms.

Theory of operation. A whisper is a place of the media plane that is no room: two legs join it, one to be
heard and one to hear, and the gate of the first opens there and nowhere else (ADR 0037)::

    whisperer ──gate──► place ──► member       rooms: as before, but that none lets the whisperer in

It is under way, then it settles for ``SETTLE_S``. What was said last may be on its way through a mixing desk
for that long, and a desk knows only where a source is heard now: were the voice let in somewhere else at
once, its end would be heard there. So until it has settled the voice is let in nowhere.

Places are named as no room can be, and are used again: the media plane never forgets a name.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from gateway.core.policy import Action, Policy
from gateway.core.room import Affiliation, Room
from gateway.model.effects import Effect, JoinMedia, LeaveMedia, OpenGate, ShutGate, Tell
from gateway.model.events import FloorEnd, WhisperChanged
from gateway.model.ids import LegId, RoomId, TalkspurtId
from gateway.model.inputs import WhisperTo
from gateway.model.participant import LegKind
from gateway.model.refusal import Refusal, RefusalCode
from gateway.model.room import RoomMode

WHISPERS_MAX = 64
"""At once, those that settle included."""
SETTLE_S = 0.7
"""The longest head of a talkspurt and 200 ms, as a radio's linger (ADR 0019)."""

_PLACES = tuple(RoomId(f"whisper:{number}") for number in range(WHISPERS_MAX))
_ONE_PERSON = frozenset({LegKind.BROWSER, LegKind.PHONE})
"""Legs of which one knows that one person hears them, who can be told or knows the voice."""


@dataclass(frozen=True, slots=True)
class Whisper:
    """One whisperer's."""

    room: RoomId
    """Where both are, and by the right of which it is."""
    by: LegId
    to: LegId
    talkspurt: TalkspurtId
    place: RoomId
    ends_at: float
    """When its time is over; of one that settles, when that is."""
    settles: bool = False


class Whispers:
    """A bounded table of whispers by whisperer."""

    def __init__(self) -> None:
        self._by: dict[LegId, Whisper] = {}

    def of(self, leg: LegId) -> Whisper | None:
        """Of this whisperer; it may be settling."""
        return self._by.get(leg)

    def under_way(self) -> list[Whisper]:
        """Those in which somebody is heard."""
        return [one for one in self._by.values() if not one.settles]

    def about(self, leg: LegId, room: RoomId | None = None) -> list[Whisper]:
        """Under way, of this leg or to it; only those in ``room``."""
        return [one for one in self.under_way() if leg in (one.by, one.to) and room in (None, one.room)]

    def settles_ms(self, leg: LegId, now: float) -> int:
        """How long the last words of this whisperer are still on their way."""
        one = self._by.get(leg)
        return max(0, round((one.ends_at - now) * 1000)) if one and one.settles else 0

    @property
    def full(self) -> bool:
        return len(self._by) >= WHISPERS_MAX

    def begin(self, what: WhisperTo, talkspurt: TalkspurtId, limit_ms: int, now: float) -> list[Effect]:
        """The member hears before the gate opens; it is told by then who whispers."""
        taken = {one.place for one in self._by.values()}
        place = next(one for one in _PLACES if one not in taken)
        self._by[what.leg] = Whisper(
            what.room, what.leg, what.member, talkspurt, place, now + limit_ms / 1000
        )
        told = WhisperChanged(what.room, what.leg, what.member, on=True)
        return [
            Tell(what.member, told),
            Tell(what.leg, told),
            JoinMedia(place, what.member, hear=True),
            JoinMedia(place, what.leg, hear=False),
            OpenGate(place, what.leg, talkspurt, limit_ms),
        ]

    def end(self, one: Whisper, why: FloorEnd, now: float) -> list[Effect]:
        """Shut first; from then on it settles."""
        self._by[one.by] = replace(one, settles=True, ends_at=now + SETTLE_S)
        told = WhisperChanged(one.room, one.by, one.to, on=False, why=why)
        return [
            ShutGate(one.place, one.by),
            LeaveMedia(one.place, one.by),
            LeaveMedia(one.place, one.to),
            Tell(one.to, told),
            Tell(one.by, told),
        ]

    def forget(self, leg: LegId) -> None:
        """It has settled, or the whisperer is gone with all that it said."""
        self._by.pop(leg, None)


def refuse(
    policy: Policy, what: WhisperTo, room: Room, here: Iterable[Room], whispers: Whispers
) -> Refusal | None:
    """Why it may not begin. ``here``: all rooms in which the whisperer is."""
    mine = room.affiliation(what.leg)
    if mine is None or mine.carrier is not None:
        return Refusal(RefusalCode.NOT_IN_ROOM)
    for action in (Action.WHISPER, Action.SPEAK):
        refusal = policy(mine.grants, action, what.room, room.mode, what.at)
        if refusal is not None:
            return refusal
    return (
        _refuse_voice(what.leg, mine, here, whispers)
        or _refuse_member(what, room.affiliation(what.member))
        or _refuse_another(what.member, whispers)
    )


def _refuse_voice(leg: LegId, mine: Affiliation, here: Iterable[Room], whispers: Whispers) -> Refusal | None:
    if mine.muted:
        return Refusal(RefusalCode.MUTED, "a dispatcher muted you in this room")
    if not mine.media_up:
        return Refusal(RefusalCode.NO_MEDIA, "nobody could hear you: media is not up")
    if whispers.of(leg) is not None:
        return Refusal(RefusalCode.WHISPERING, "one whisper at a time, and its last words are on their way")
    if any(_is_heard(room, leg) for room in here):
        return Refusal(RefusalCode.TALKING, "you talk in a room, or wait to: let go of it first")
    return None


def _refuse_member(what: WhisperTo, member: Affiliation | None) -> Refusal | None:
    refusal = None
    if member is None:
        refusal = Refusal(RefusalCode.UNKNOWN_MEMBER, "nobody of that name is in the room")
    elif what.member == what.leg:
        refusal = Refusal(RefusalCode.INVALID, "that is you")
    elif member.participant.kind is LegKind.RADIO or member.carrier is not None:
        refusal = Refusal(RefusalCode.OVERHEARD, "a radio channel is everybody on its frequency")
    elif member.participant.kind not in _ONE_PERSON:
        refusal = Refusal(RefusalCode.OVERHEARD, "who listens there is not known, and cannot be told")
    elif not (member.hears and member.media_up):
        refusal = Refusal(RefusalCode.NO_MEDIA, "it could not hear you")
    return refusal


def _refuse_another(member: LegId, whispers: Whispers) -> Refusal | None:
    if any(one.to == member for one in whispers.under_way()):
        return Refusal(RefusalCode.WHISPERING, "somebody whispers to it already")
    return Refusal(RefusalCode.TOO_MANY, f"at most {WHISPERS_MAX} whispers") if whispers.full else None


def _is_heard(room: Room, leg: LegId) -> bool:
    """It is let in now, or may be without asking again."""
    one = room.affiliation(leg)
    open_to_it = one is not None and room.mode is RoomMode.CONFERENCE and one.heard_in(room.mode)
    return open_to_it or leg in room.floor.talkers or any(asker.leg == leg for asker in room.floor.queue)
