"""What a target can be told of."""

from enum import StrEnum


class Kind(StrEnum):
    """``type`` of a message; past tense, never of who is heard, only of who holds the floor."""

    MEMBER_JOINED = "member.joined"
    MEMBER_LEFT = "member.left"
    FLOOR_TAKEN = "floor.taken"
    FLOOR_IDLE = "floor.idle"
    QUEUE_CHANGED = "queue.changed"
    MODE_CHANGED = "mode.changed"
    CALL_CHANGED = "call.changed"
    MESSAGE_POSTED = "message.posted"
    STATUS_CHANGED = "status.changed"
    ROOM_MADE = "room.made"
    ROOM_CLOSED = "room.closed"
