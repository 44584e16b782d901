"""Who can call a number for a room. Implemented by ``adapters.sip``, registered by ``Hub.dialler``."""

from typing import Protocol

from gateway.model.ids import CallId, RoomId


class Dialler(Protocol):
    """Never blocks, never raises. How a call goes comes back as ``CallMoved`` facts."""

    def place(self, call: CallId, room: RoomId, number: str) -> None:
        """Call a number; who answers joins the room."""

    def cancel(self, call: CallId) -> None:
        """Stop ringing; a call that is over is ignored."""
