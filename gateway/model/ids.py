"""Typed ids. They are made by the shell and reach the core as inputs, never the other way."""

from typing import NewType

RoomId = NewType("RoomId", str)
"""Stable name of a room in addresses: ``/r/{room}``; lower case letters, digits and ``-``."""

LegId = NewType("LegId", str)
"""One live association gateway-endpoint; new for every join, kept over a resume."""

CommandId = NewType("CommandId", int)
"""Chosen by the client, counted up within its leg; a repeated id gets the first answer again."""

TalkspurtId = NewType("TalkspurtId", int)
"""Speech under one grant; counted by the core, unique within a boot."""

CallId = NewType("CallId", int)
"""A call that a room makes; counted by the core, unique within a boot."""

MessageId = NewType("MessageId", str)
"""Chosen by the sender and unique in the room, so that a message that is sent again is known."""

BootId = NewType("BootId", str)
"""One run of the gateway process."""
