"""Where somebody belongs whom dispatchers move about and send out of rooms, by what the deltas tell."""

from collections.abc import Iterable

from sim.peers.session import Message


class Homing:
    """Who is sent out of a room comes back to the one where he belongs, ``pause_s`` later.

    Who is moved belongs where he was moved from, and stays where he is until somebody sends him out of there.
    """

    def __init__(self, leg: str, pause_s: float) -> None:
        self._leg = leg
        self._pause_s = pause_s
        self._from: dict[str, str] = {}
        """Of each room that he was moved to: where he belongs."""
        self._back_s: dict[str, float] = {}

    def told(self, changes: Iterable[Message], now_s: float) -> None:
        """In the order in which they came, each once."""
        for change in changes:
            if change["type"] == "moved":
                self._from[change["to"]] = self._home(change["room"])
            elif change["type"] == "left" and change["leg"] == self._leg and change["why"] != "moved":
                self._back_s[self._home(change["room"])] = now_s + self._pause_s

    def due(self, now_s: float) -> list[str]:
        """Rooms to enter now; each is told once."""
        rooms = [room for room, back_s in self._back_s.items() if back_s <= now_s]
        for room in rooms:
            del self._back_s[room]
        return rooms

    def refused(self, room: str, now_s: float) -> None:
        """It is not there now, or full: later again."""
        self._back_s[room] = now_s + self._pause_s

    def _home(self, room: str) -> str:
        return self._from.pop(room, room)
