"""Who may call what: default deny. Asked for every call before any leg exists."""

from dataclasses import dataclass

from adapters.sip.numbers import Numbers
from gateway.model.ids import RoomId

UNKNOWN_CALLER = "Unknown caller"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. ``user`` is proven by digest; ``claimed`` is what the caller says of itself."""

    user: str | None
    trusted: bool
    """It came from a trunk."""
    claimed: str


@dataclass(frozen=True, slots=True)
class Admitted:
    """A call into a room, and by what name people see the caller there."""

    room: RoomId
    name: str
    subject: str


def admit(numbers: Numbers, called: str, caller: Caller) -> Admitted | int:
    """The room that is called, or the status that says why not."""
    known = numbers.users.get(caller.user) if caller.user else None
    room = numbers.rooms.get(called)
    if room is None:
        # Whoever is not known learns nothing about which numbers there are.
        return 404 if known or caller.trusted else 403
    if known is not None:
        return Admitted(RoomId(room.room), known.name, f"sip:{known.number}")
    if caller.trusted:
        return Admitted(RoomId(room.room), caller.claimed or UNKNOWN_CALLER, "sip-trunk")
    if room.public:
        return Admitted(RoomId(room.room), UNKNOWN_CALLER, "sip-public")
    return 403
