"""Rooms that are made while the gateway runs: who may make and close one, and who is told.

A name of such a room is never used again: what was written in it must not turn up in another one. It
consists of the run's id and a number; a run restores the rooms of the runs before it as they were named.
"""

from collections.abc import Iterable
from dataclasses import replace

from gateway.core.policy import Action, Policy
from gateway.core.presence import Presence
from gateway.core.room import Room
from gateway.model.effects import Effect, Publish, Tell
from gateway.model.events import RoomGone, RoomMade
from gateway.model.ids import BootId, LegId, RoomId
from gateway.model.inputs import CreateRoom, DeleteRoom
from gateway.model.refusal import Refusal, RefusalCode
from gateway.model.room import RoomMode, RoomSpec

ROOMS_MADE_MAX = 256
"""At once."""
CLOSED = "closed"
"""Why a dispatcher is told to have left a room that was closed."""

_BOOT_CHARS = 8


def named(boot: BootId, number: int) -> RoomId:
    """The room that is the ``number``-th to be made in this run."""
    return RoomId(f"made-{boot[:_BOOT_CHARS]}-{number}")


def refuse_making(policy: Policy, what: CreateRoom, name: RoomId, rooms: Iterable[Room]) -> Refusal | None:
    """Why it may not be made; the right must reach beyond the rooms that there are."""
    refusal = policy(what.grants, Action.MAKE_ROOM, name, what.mode, what.at)
    if refusal is None and sum(room.spec.made for room in rooms) >= ROOMS_MADE_MAX:
        refusal = Refusal(RefusalCode.TOO_MANY, f"at most {ROOMS_MADE_MAX} rooms besides the configured ones")
    return refusal


def made(what: CreateRoom, name: RoomId) -> RoomSpec:
    """A room with everything as it is by default; a conference has no talk limit."""
    spec = RoomSpec(name, what.name, what.mode, made=True)
    return replace(spec, talk_limit_ms=0) if what.mode is RoomMode.CONFERENCE else spec


def refuse_closing(policy: Policy, what: DeleteRoom, room: Room | None) -> Refusal | None:
    """Why it may not be closed: nobody but dispatchers may lose a conversation by it."""
    mode = room.mode if room else RoomMode.TALKGROUP
    refusal = policy(what.grants, Action.MAKE_ROOM, what.room, mode, what.at)
    if refusal is not None:
        return refusal
    if room is None:
        return Refusal(RefusalCode.UNKNOWN_ROOM)
    if not room.spec.made:
        return Refusal(RefusalCode.ROOM_CONFIGURED, "it is in the configuration")
    others = [leg for leg in room.legs() if not _dispatches(policy, room, leg, what.at)]
    return Refusal(RefusalCode.ROOM_IN_USE, f"{len(others)} are still in it") if others else None


def told(
    policy: Policy,
    event: RoomMade | RoomGone,
    by: LegId,
    presence: Presence,
    rooms: dict[RoomId, Room],
    at: float,
) -> list[Effect]:
    """Whoever may see the room, by a right that it has shown in some room, and who made or closed it.

    Nobody is in the room when it is published there: that is for the log, and for who listens to everything.
    """
    name = event.spec.id if isinstance(event, RoomMade) else event.room
    legs = [leg for leg in presence if leg == by or _may_see(policy, name, leg, presence, rooms, at)]
    return [Publish(name, event), *(Tell(leg, event) for leg in legs)]


def _may_see(
    policy: Policy, name: RoomId, leg: LegId, presence: Presence, rooms: dict[RoomId, Room], at: float
) -> bool:
    found = presence.find(leg)
    shown = [rooms[room].affiliation(leg) for room in found.rooms] if found else []
    return any(
        one is not None and policy(one.grants, Action.SEE, name, RoomMode.TALKGROUP, at) is None
        for one in shown
    )


def _dispatches(policy: Policy, room: Room, leg: LegId, at: float) -> bool:
    member = room.affiliation(leg)
    return member is not None and policy(member.grants, Action.MODERATE, room.spec.id, room.mode, at) is None
