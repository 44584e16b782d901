"""The number plan: what a dialled number stands for."""

from dataclasses import dataclass

from adapters.sip.config import SipConfig, SipRoom, SipUser
from adapters.sip.push_to_talk import PttStyle
from adapters.sip.trunk_config import SipTrunk


@dataclass(frozen=True, slots=True)
class Numbers:
    """Looks numbers up; the configuration saw to it that none has two owners."""

    rooms: dict[str, SipRoom]
    users: dict[str, SipUser]
    trunks: tuple[SipTrunk, ...]

    @classmethod
    def of(cls, config: SipConfig) -> "Numbers":
        return cls(
            {room.number: room for room in config.rooms},
            {user.number: user for user in config.users},
            config.trunks,
        )

    def of_room(self, room: str) -> SipRoom | None:
        """The first number that reaches a room: whom the room calls sees that one."""
        return next((number for number in self.rooms.values() if number.room == room), None)

    def ptt_called(self, number: str, room: str) -> PttStyle:
        """How a phone asks for the floor that the room called."""
        user, own = self.users.get(number), self.of_room(room)
        return (user and user.ptt) or (own.ptt if own else PttStyle.KEYS)

    def trunk(self, number: str) -> SipTrunk | None:
        """The trunk that a number goes out over: the longest prefix wins; None: it may not go out.

        A number of ours never does: a room that calls itself over a PBX would hear itself for ever.
        """
        if number in self.rooms or number in self.users:
            return None
        fits = [
            (len(prefix), trunk)
            for trunk in self.trunks
            for prefix in trunk.prefixes
            if number.startswith(prefix)
        ]
        return max(fits, key=lambda fit: fit[0])[1] if fits else None
