"""Who may call what: default deny. Asked for every call before any leg exists."""

from dataclasses import dataclass

from adapters.sip.numbers import Numbers
from adapters.sip.push_to_talk import PttStyle
from adapters.sip.trunk_config import SipTrunk
from gateway.model.ids import RoomId

UNKNOWN_CALLER = "Unknown caller"
_NAME_LEN_MAX = 64


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. ``user`` is proven by digest; ``claimed`` is what the caller says of itself."""

    user: str | None
    trunks: tuple[SipTrunk, ...]
    """It came from the address of these, which let somebody in; usually of one, or none."""
    claimed: str


@dataclass(frozen=True, slots=True)
class Admitted:
    """A call into a room, and by what name people see the caller there."""

    room: RoomId
    name: str
    subject: str
    ptt: PttStyle


def admit(numbers: Numbers, called: str, caller: Caller) -> Admitted | int:
    """The room that is called, or the status that says why not."""
    known = numbers.users.get(caller.user) if caller.user else None
    room = numbers.rooms.get(called)
    if known is not None:
        if room is None:
            return 404
        return Admitted(RoomId(room.room), known.name, f"sip:{known.number}", known.ptt or room.ptt)
    for trunk in caller.trunks:
        reached = numbers.rooms.get(trunk.room_number(called) or "")
        if reached is not None:
            name = _shown(caller.claimed)
            return Admitted(RoomId(reached.room), name, f"sip-trunk:{trunk.name}", reached.ptt)
    if room is not None and room.public:
        return Admitted(RoomId(room.room), UNKNOWN_CALLER, "sip-public", room.ptt)
    # Whoever is not known learns nothing about which numbers there are; a trunk that there is none for it.
    return 404 if caller.trunks else 403


def _shown(claimed: str) -> str:
    """A name as people may be shown it: short, nothing that controls or turns the writing around."""
    return "".join(filter(str.isprintable, claimed))[:_NAME_LEN_MAX].strip() or UNKNOWN_CALLER
