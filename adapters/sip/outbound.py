"""Calls from a room to a number: every phone of it rings, the first that answers is in the room."""

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from adapters.sip.call import Call
from adapters.sip.config import SipConfig
from adapters.sip.media_terms import MediaTerms
from adapters.sip.numbers import Numbers
from adapters.sip.push_to_talk import PttStyle, Spawn
from adapters.sip.registrar import Registrar
from adapters.sip.translate import call_grants, call_state
from gateway.model.call import CallState
from gateway.model.ids import CallId, CommandId, RoomId
from gateway.model.inputs import CallMoved, JoinRoom
from gateway.model.participant import LegKind, Participant
from gateway.ports.hub import Hub, TooManyLegs
from gateway.ports.media import PhoneRefused, PlaneBusy

if TYPE_CHECKING:
    from adapters.sip.native import SipWay
    from adapters.sip.transport import Transport
    from adapters.sip.trunks import Trunks


_EVERYWHERE = range(600, 700)
"""A refusal of the person, not of the phone: nobody else is to ring (RFC 3261 section 16.7, step 5)."""
_RANG_IN_VAIN = (408, 480)
"""What phones and proxies send that gave up ringing by themselves."""
_TELLING = (CallState.DECLINED, CallState.BUSY, CallState.NO_ANSWER, CallState.UNREACHABLE, CallState.FAILED)
"""Of several phones that did not answer, the first of these is told."""


@dataclass(frozen=True, slots=True)
class Target:
    """One phone, or a trunk, that is called for a number."""

    way: "SipWay"
    uri: str
    route: tuple[str, ...]
    local_ip: str
    caller: str = ""
    """URI of our account at a trunk; empty: the room's number here."""
    account: tuple[str, str] | None = field(default=None, repr=False)


@dataclass(slots=True)
class Ringing:
    """One call of a room, on every phone that rings for it."""

    call: CallId
    room: RoomId
    name: str
    subject: str
    ptt: PttStyle
    ring: set[int] = field(default_factory=set)
    """SIP legs that may still answer."""
    rang: set[int] = field(default_factory=set)
    """Those of them that said that they ring."""
    ends: set[CallState] = field(default_factory=set)
    """How those ended that did not answer."""
    begun: bool = False
    """All of them were called: when none is left the call is over."""
    over: bool = False


class Outbound:
    """Implements gateway.ports.calls.Dialler; ``transport`` and ``trunks`` are set before it is asked."""

    transport: "Transport"
    trunks: "Trunks"

    def __init__(
        self,
        hub: Hub,
        config: SipConfig,
        numbers: Numbers,
        registrar: Registrar,
        table: dict[int, Call],
        spawn: Spawn,
    ) -> None:
        self._hub = hub
        self._config = config
        self._numbers = numbers
        self._registrar = registrar
        self._table = table
        self._spawn = spawn
        self._ringing: dict[CallId, Ringing] = {}
        self._by_leg: dict[int, Ringing] = {}
        self._placed = 0

    # -- what the core wants -----------------------------------------------------------------

    def place(self, call: CallId, room: RoomId, number: str) -> None:
        """Dialler."""
        user = self._numbers.users.get(number)
        targets = self._targets(number)
        if not targets:
            allowed = user is not None or self._numbers.trunk(number) is not None
            self._tell(call, CallState.UNREACHABLE if allowed else CallState.NOT_ALLOWED)
            return
        ptt = self._numbers.ptt_called(number, room)
        ringing = Ringing(call, room, user.name if user else number, f"sip:{number}", ptt)
        self._ringing[call] = ringing
        self._spawn(self._ring(ringing, targets), f"sip call out {call}")

    def cancel(self, call: CallId) -> None:
        """Dialler."""
        ringing = self._ringing.get(call)
        if ringing is not None:
            self._finish(ringing, CallState.CANCELLED)

    # -- what the phones say -----------------------------------------------------------------

    def rang(self, leg: int) -> None:
        """A provisional answer."""
        ringing = self._by_leg.get(leg)
        if ringing is not None:
            ringing.rang.add(leg)
            self._tell(ringing.call, CallState.RINGING)

    def answered(self, leg: int, sdp: bytes | None) -> bool:
        """Somebody picked up; False: this is no call of ours that rings."""
        ringing = self._by_leg.pop(leg, None)
        if ringing is None:
            return False
        ringing.ring.discard(leg)
        # From here on the others are too late.
        self._finish(ringing, None)
        self._spawn(self._join(ringing, self._table[leg], sdp), f"sip call out {ringing.call}")
        return True

    def ended(self, leg: int, state: CallState) -> None:
        """One phone rings no longer; with the last of them the call is over."""
        ringing = self._by_leg.pop(leg, None)
        if ringing is None:
            return
        ringing.ring.discard(leg)
        ringing.ends.add(state)
        if ringing.begun and not ringing.ring:
            told = next((end for end in _TELLING if end in ringing.ends), state)
            self._finish(ringing, told)

    def refused(self, leg: int, why: str, status: int) -> None:
        """The SIP leg ended before it was answered."""
        ringing = self._by_leg.get(leg)
        if ringing is None:
            return
        state = call_state(why, status)
        if status in _RANG_IN_VAIN and leg in ringing.rang:
            state = CallState.NO_ANSWER
        self.ended(leg, state)
        if status in _EVERYWHERE:
            self._finish(ringing, state)

    # -- steps -------------------------------------------------------------------------------

    async def _ring(self, ringing: Ringing, targets: list[Target]) -> None:
        for target in targets:
            if not ringing.over:
                await self._ring_one(ringing, target)
        ringing.begun = True
        if not ringing.ring and not ringing.over:
            self._finish(ringing, CallState.FAILED)

    async def _ring_one(self, ringing: Ringing, target: Target) -> None:
        """Its media is opened before it rings: the offer names the port."""
        self._placed += 1
        number = 2 * self._placed - 1
        media = MediaTerms(self._config.announce or target.local_ip, number, self._config.codecs)
        call = Call(number, ringing.room, media, ringing.ptt, self._hub, self.transport, self._spawn)
        try:
            call.leg = self._hub.attach(call)
        except TooManyLegs:
            return
        try:
            media.port = await self._hub.media.open_phone(call.leg, target.local_ip)
        except (PhoneRefused, PlaneBusy):
            call.gone("no_media")
            return
        if ringing.over or call.over:
            call.gone("cancelled")
            return
        self._table[number] = call
        self._by_leg[number] = ringing
        ringing.ring.add(number)
        offer = media.offer()
        own = self._numbers.of_room(ringing.room)
        caller = own.number if own else "room"
        call.order(
            lambda edge: edge.call(
                number,
                target.way,
                target=target.uri,
                caller=target.caller or f"sip:{caller}@{_host(target.local_ip)}",
                name=ringing.room,
                route=list(target.route),
                sdp=offer,
                account=target.account,
                ring_limit_ms=round(self._config.ring_limit_s * 1000),
            )
        )

    async def _join(self, ringing: Ringing, call: Call, sdp: bytes | None) -> None:
        at = time.time()
        join = JoinRoom(
            id=CommandId(1),
            leg=call.leg,
            room=ringing.room,
            participant=Participant(call.leg, ringing.name, "", LegKind.PHONE),
            grants=call_grants(ringing.subject, ringing.room, at + self._config.call_limit_s),
            at=at,
        )
        refused = (await self._hub.command(join)).refusal is not None
        if refused:
            call.end("refused")
        else:
            call.established = True
            call.answered(sdp)
        self._tell(ringing.call, CallState.FAILED if call.over else CallState.ANSWERED)

    def _finish(self, ringing: Ringing, state: CallState | None) -> None:
        """Nobody rings any more; None: somebody answered, which is told when it is in the room."""
        if ringing.over:
            return
        ringing.over = True
        del self._ringing[ringing.call]
        for leg in ringing.ring:
            del self._by_leg[leg]
            self._table[leg].end("cancelled")
        ringing.ring.clear()
        if state is not None:
            self._tell(ringing.call, state)

    def _tell(self, call: CallId, state: CallState) -> None:
        self._hub.fact(CallMoved(call, state))

    def _targets(self, number: str) -> list[Target]:
        phones = [
            Target(
                (phone.link, phone.transport, phone.remote_ip, phone.remote_port, ""),
                phone.contact,
                phone.path,
                phone.local_ip,
            )
            for phone in self._registrar.phones(number)
        ]
        out = self.trunks.exit(number)
        if out is None:
            return phones
        return [Target(out.way, out.uri, (), out.local_ip, out.caller, out.account)]


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address
