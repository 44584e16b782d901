"""An event as a target is told: its kind, and what is in ``data``."""

from collections.abc import Mapping

from adapters.webhook.kinds import Kind
from gateway.model import events

Data = Mapping[str, object]
"""As JSON has it; ``room`` is always there."""
Told = tuple[Kind, Data]


def told(event: events.Event) -> Told | None:  # noqa: C901, PLR0911 - one line an event
    """None: targets are not told of it."""
    match event:
        case events.ParticipantJoined(room, who):
            person = {"leg": who.leg, "name": who.name, "unit": who.unit, "kind": who.kind.value}
            return Kind.MEMBER_JOINED, {"room": room, **person}
        case events.ParticipantLeft(room, leg, why):
            return Kind.MEMBER_LEFT, {"room": room, "leg": leg, "why": why}
        case events.FloorTaken(room, leg, talkspurt, limit_ms):
            data = {"room": room, "leg": leg, "talkspurt": int(talkspurt), "limit_ms": limit_ms}
            return Kind.FLOOR_TAKEN, data
        case events.FloorIdle(room, leg, talkspurt, why):
            ended = {"room": room, "leg": leg, "talkspurt": int(talkspurt), "why": why.value}
            return Kind.FLOOR_IDLE, ended
        case events.QueueChanged(room, waiting):
            return Kind.QUEUE_CHANGED, {"room": room, "waiting": list(waiting)}
        case events.RoomModeChanged(room, mode, by):
            return Kind.MODE_CHANGED, {"room": room, "mode": mode.value, "by": by}
        case events.CallChanged(room, call, number, state, by):
            placed = {"call": int(call), "number": number, "state": state.value, "by": by}
            return Kind.CALL_CHANGED, {"room": room, **placed}
        case events.MessagePosted(message):
            author = {"leg": message.leg, "name": message.name, "unit": message.unit}
            said = {"id": message.id, "text": message.text, "at": message.at}
            return Kind.MESSAGE_POSTED, {"room": message.room, **said, **author}
        case events.StatusChanged(room, leg, code):
            return Kind.STATUS_CHANGED, {"room": room, "leg": leg, "code": code.value}
        case events.RoomMade(spec):
            return Kind.ROOM_MADE, {"room": spec.id, "name": spec.name, "mode": spec.mode.value}
        case events.RoomGone(room):
            return Kind.ROOM_CLOSED, {"room": room}
        case _:
            return None
