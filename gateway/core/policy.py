"""Who may do what to which room: one pure function, asked before every command takes effect.

Today's answers come from token grants; people, seats and an organisation tree come later behind the
same signature. What is not listed here is refused.
"""

from collections.abc import Callable
from enum import StrEnum

from gateway.model.grants import DISPATCH_RANK, Grants, Verb
from gateway.model.ids import RoomId
from gateway.model.refusal import Refusal, RefusalCode
from gateway.model.room import RoomMode


class Action(StrEnum):
    """What is wanted of a room."""

    SEE = "see"
    """Be shown who is in it."""
    JOIN = "join"
    HEAR = "hear"
    SPEAK = "speak"
    """Ask for the floor, or be heard where the room is open."""
    OVERRIDE = "override"
    """Cut off who talks."""
    SHOW = "show"
    """Let others see one's camera or screen."""
    SWITCH_MODE = "switch_mode"
    CALL = "call"
    """Bring a number into the room."""
    MODERATE = "moderate"
    """Mute or remove a member, take it out of the queue."""
    WHISPER = "whisper"
    """Speak to one member alone."""
    DISCREET_LISTENING = "discreet_listening"
    REMOTE_MICROPHONE = "remote_microphone"
    MAKE_ROOM = "make_room"
    """Make the room, or close it when it was made."""
    SEND_DATA = "send_data"
    """Post messages, status codes, positions."""
    MARK = "mark"
    """Say that a message has come."""


Policy = Callable[[Grants, Action, RoomId, RoomMode, float], Refusal | None]
"""(grants, action, room, the room's mode, UTC seconds) -> why not, or None: allowed."""

_NEEDS: dict[Action, frozenset[Verb]] = {
    Action.SEE: frozenset({Verb.LISTEN}),
    Action.JOIN: frozenset({Verb.LISTEN, Verb.TALK, Verb.VIDEO, Verb.DATA, Verb.DISPATCH}),
    Action.HEAR: frozenset({Verb.LISTEN}),
    Action.SPEAK: frozenset({Verb.TALK}),
    Action.OVERRIDE: frozenset({Verb.DISPATCH}),
    Action.SHOW: frozenset({Verb.VIDEO}),
    Action.SWITCH_MODE: frozenset({Verb.DISPATCH}),
    Action.CALL: frozenset({Verb.DISPATCH}),
    Action.MODERATE: frozenset({Verb.DISPATCH}),
    Action.WHISPER: frozenset({Verb.DISPATCH}),
    Action.MAKE_ROOM: frozenset({Verb.DISPATCH}),
    Action.SEND_DATA: frozenset({Verb.DATA}),
    Action.MARK: frozenset({Verb.DATA, Verb.LISTEN}),
}
"""Any one of the verbs is enough."""
_DISPATCH = frozenset({Verb.DISPATCH})
_NEVER = {
    Action.DISCREET_LISTENING: "nobody is listened to without being told: join the room, where all see you",
    Action.REMOTE_MICROPHONE: "nobody's microphone is opened but by who holds it: ask the member to talk",
}
"""Refused whatever the grants, the administrator's included (docs/threat-model.md says why)."""


def decide(grants: Grants, action: Action, room: RoomId, mode: RoomMode, at: float) -> Refusal | None:
    """The policy of token grants: default deny; an expired token holds no right at all."""
    if at >= grants.expires_at:
        return Refusal(RefusalCode.EXPIRED, "the token has expired")
    if action in _NEVER:
        return Refusal(RefusalCode.FORBIDDEN, _NEVER[action])
    if Verb.ADMIN in grants.verbs:
        return None
    if grants.rooms is not None and room not in grants.rooms:
        return Refusal(RefusalCode.NOT_ALLOWED, "the token does not cover this room")
    for needs in _needs(action, mode):
        if grants.verbs.isdisjoint(needs):
            return Refusal(RefusalCode.NOT_ALLOWED, f"needs the grant {' or '.join(sorted(needs))}")
    return None


def floor_rank(grants: Grants) -> int:
    """How much a request for the floor weighs: 0 to 255, as TS 24.380's floor priority."""
    dispatches = not grants.verbs.isdisjoint({Verb.DISPATCH, Verb.ADMIN})
    return max(grants.rank, DISPATCH_RANK) if dispatches else grants.rank


def _needs(action: Action, mode: RoomMode) -> tuple[frozenset[Verb], ...]:
    """All of these; of each, any one verb."""
    if mode is RoomMode.BROADCAST and action is Action.SPEAK:
        return (_DISPATCH,)
    if mode is RoomMode.BROADCAST and action is Action.SHOW:
        return (_NEEDS[action], _DISPATCH)
    return (_NEEDS[action],)
