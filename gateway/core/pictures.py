"""Who lets a room see its camera or its screen.

A picture is not bound to the floor: it is seen from the order to show it until the order to hide it, or
until its leg may or can show it no longer.
"""

from gateway.model.effects import Effect, OpenPicture, Publish, ShutPicture
from gateway.model.events import PictureShown
from gateway.model.ids import LegId, RoomId
from gateway.model.video import VideoKind


class Pictures:
    """The pictures of one room, in the order in which each leg showed them."""

    def __init__(self, room: RoomId) -> None:
        self._room = room
        self._shown: dict[LegId, dict[VideoKind, None]] = {}

    def of(self, leg: LegId) -> tuple[VideoKind, ...]:
        """What this leg shows."""
        return tuple(self._shown.get(leg, ()))

    def show(self, leg: LegId, kind: VideoKind) -> list[Effect]:
        """Let the room see it; nothing happens when the room does already."""
        kinds = self._shown.setdefault(leg, {})
        if kind in kinds:
            return []
        kinds[kind] = None
        shown = PictureShown(self._room, leg, kind, on=True)
        return [OpenPicture(self._room, leg, kind), Publish(self._room, shown)]

    def hide(self, leg: LegId, kind: VideoKind) -> list[Effect]:
        """Let nobody see it; nothing happens when nobody does."""
        kinds = self._shown.get(leg, {})
        if kind not in kinds:
            return []
        del kinds[kind]
        if not kinds:
            del self._shown[leg]
        hidden = PictureShown(self._room, leg, kind, on=False)
        return [ShutPicture(self._room, leg, kind), Publish(self._room, hidden)]

    def hide_all(self, leg: LegId) -> list[Effect]:
        """The leg's media is gone, or its right to show."""
        return [effect for kind in self.of(leg) for effect in self.hide(leg, kind)]

    def legs(self) -> tuple[LegId, ...]:
        """Who shows something."""
        return tuple(self._shown)
