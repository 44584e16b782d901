"""Taking a member from one room to another: on whose right it is there, and in what state it comes."""

from dataclasses import replace

from gateway.core.policy import Action, Policy
from gateway.core.room import Affiliation, Room
from gateway.model.grants import Grants, Verb
from gateway.model.ids import RoomId
from gateway.model.inputs import MoveMember
from gateway.model.refusal import Refusal, RefusalCode

MOVED = "moved"
"""Why a leg that a dispatcher took to another room is told to have left."""

_LENT = frozenset({Verb.LISTEN, Verb.TALK, Verb.VIDEO, Verb.DATA})
"""What somebody brings along who has no right of its own in the other room: to take part, not to command."""


def refuse(policy: Policy, what: MoveMember, room: Room, to: Room | None) -> Refusal | None:
    """Why it may not be done; whoever asks is in ``room``, ``None`` is a room that does not exist."""
    here, there = room.affiliation(what.leg), to.affiliation(what.leg) if to else None
    if here is None or to is None or there is None:
        return Refusal(RefusalCode.NOT_IN_ROOM, "you must be in both rooms")
    refusal = policy(here.grants, Action.MODERATE, what.room, room.mode, what.at)
    refusal = refusal or policy(there.grants, Action.MODERATE, what.to, to.mode, what.at)
    if refusal is not None:
        return refusal
    if room.affiliation(what.member) is None:
        return Refusal(RefusalCode.UNKNOWN_MEMBER, "nobody of that name is in the room")
    if to.affiliation(what.member) is not None:
        return Refusal(RefusalCode.INVALID, "it is in that room already")
    return Refusal(RefusalCode.ROOM_FULL, f"at most {to.spec.capacity}") if to.full else None


def grants_there(policy: Policy, member: Affiliation, to: Room, at: float) -> Grants:
    """Its own, where they let it in; else those that it takes part with here."""
    if policy(member.grants, Action.JOIN, to.spec.id, to.mode, at) is None:
        return member.grants
    return lend(member.grants, to.spec.id)


def lend(grants: Grants, to: RoomId) -> Grants:
    """For this one room, and no longer than its own."""
    return replace(grants, verbs=grants.verbs & _LENT, rooms=frozenset({to}))
