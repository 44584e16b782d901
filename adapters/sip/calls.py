"""The table of calls: what the SIP thread tells, and what is decided of it."""

import time
from typing import TYPE_CHECKING

import structlog

from adapters._kit.counters import Counters
from adapters._kit.once import Once
from adapters.sip.call import Call
from adapters.sip.config import SipConfig
from adapters.sip.media_terms import MediaTerms, NotAgreed
from adapters.sip.numbers import Numbers
from adapters.sip.outbound import Outbound
from adapters.sip.policy import Admitted, Caller, admit
from adapters.sip.push_to_talk import Spawn
from adapters.sip.registrar import Binding, Registrar
from adapters.sip.translate import NotAKey, call_grants, info_key, status
from gateway.model.ids import CommandId
from gateway.model.inputs import JoinRoom
from gateway.model.participant import LegKind, Participant
from gateway.ports.hub import Hub, TooManyLegs
from gateway.ports.media import PhoneRefused, PlaneBusy

if TYPE_CHECKING:
    from adapters.sip.native import SipEvent, SipFlow
    from adapters.sip.transport import Transport
    from adapters.sip.trunks import Trunks

COUNTERS = (
    "calls_in_total",
    "calls_answered_total",
    "calls_refused_total",
    "calls_silent_total",
    "digits_total",
    "digits_unread_total",
    "orders_rejected_total",
    "faults_total",
)
_JOIN_ID = CommandId(1)

log = structlog.get_logger("sip.calls")


class Calls:
    """One for a run of the adapter; ``transport`` and ``trunks`` are set before the first event comes."""

    transport: "Transport"
    trunks: "Trunks"

    def __init__(self, hub: Hub, config: SipConfig, counters: Counters, spawn: Spawn) -> None:
        self._hub = hub
        self._config = config
        self._counters = counters
        self._spawn = spawn
        self.numbers = Numbers.of(config)
        self._registrar = Registrar()
        self._table: dict[int, Call] = {}
        self._once = Once()
        self.outbound = Outbound(hub, config, self.numbers, self._registrar, self._table, spawn)
        counters.gauge("calls", lambda: len(self._table))
        counters.gauge("registered", lambda: len(self._registrar))

    def all(self) -> tuple[Call, ...]:
        """Every call, answered or about to be."""
        return tuple(self._table.values())

    def take(self, event: "SipEvent") -> None:
        """One event of the SIP thread. Never waits, never raises for what a peer sent."""
        match event:
            case ("incoming", leg, flow, called, caller, sdp):
                self._counters.add("calls_in_total")
                user, trusted, number, name = caller
                trunks = self.trunks.at(flow[1], flow[2]) if trusted else ()
                self._incoming(leg, flow, called, Caller(user, trunks, name or number), sdp)
            case ("bound", number, contact, flow, _, path, _):
                link, transport, ip, port, named = flow
                local = self.transport.own_address.towards(transport, ip, named)
                self._registrar.bound(number, Binding(contact, link, transport, ip, port, tuple(path), local))
            case ("unbound", number, contact, _):
                self._registrar.unbound(number, contact)
            case ("registration", number, state, detail):
                self.trunks.told(number, state, detail)
            case ("rejected", number, why) if self.trunks.told(number, why, 0):
                log.debug("registration rejected", why=why)
            case ("rejected", number, why):
                # A matter of timing: the leg ended while the order was under way. A call that could not
                # be placed gets no other news.
                self._counters.add("orders_rejected_total")
                self.outbound.refused(number, why, 0)
                log.debug("order rejected", why=why)
            case _:
                self._of_a_call(event)

    def silent(self, call: Call) -> None:
        """It did not answer when it was asked whether it lives."""
        self._counters.add("calls_silent_total")
        self._table.pop(call.number, None)
        call.end("silent")

    def end_all(self) -> None:
        """The adapter closes its doors."""
        for call in self.all():
            call.end("shutdown")
        self._table.clear()

    def _of_a_call(self, event: "SipEvent") -> None:
        call = self._table.get(event[1]) if isinstance(event[1], int) else None
        if call is None:
            return  # late news of a call that is over
        match event:
            case ("progress", number, _, _):
                self.outbound.rang(number)
            case ("answered", number, sdp):
                self.outbound.answered(number, sdp)
            case ("ended", number, why, status_code):
                self.outbound.refused(number, why, status_code)
                self._table.pop(number, None)
                call.gone(why)
            case ("established" | "offer_answered", _, sdp):
                call.answered(sdp)
            case ("offered", _, request, sdp):
                call.offered(request, sdp)
            case ("info", _, content_type, body):
                call.heard()
                self._info(call, content_type, body)
            case ("probe_answered", _, _):
                call.heard()
            case _:
                pass

    def _info(self, call: Call, content_type: str, body: bytes) -> None:
        try:
            key = info_key(content_type, body)
        except NotAKey:
            self._counters.add("digits_unread_total")
            return
        if key is not None:
            self._counters.add("digits_total")
            call.info_key(key)

    # -- a call comes in ---------------------------------------------------------------------

    def _incoming(self, number: int, flow: "SipFlow", called: str, caller: Caller, sdp: bytes | None) -> None:
        admitted = admit(self.numbers, called, caller)
        if not isinstance(admitted, Admitted):
            self._refuse(number, admitted, flow[2])
            return
        local_ip = self.transport.own_address.towards(flow[1], flow[2], flow[4])
        media = MediaTerms(self._config.announce or local_ip, number, self._config.codecs)
        call = Call(number, admitted.room, media, admitted.ptt, self._hub, self.transport, self._spawn)
        try:
            call.leg = self._hub.attach(call)
        except TooManyLegs:
            self._refuse(number, 503, flow[2])
            return
        self._table[number] = call
        self._spawn(self._let_in(call, admitted, flow, local_ip, sdp), f"sip call {number}")

    async def _let_in(
        self, call: Call, admitted: Admitted, flow: "SipFlow", local_ip: str, sdp: bytes | None
    ) -> None:
        """Into the room first: whoever may not enter costs no port."""
        at = time.time()
        join = JoinRoom(
            id=_JOIN_ID,
            leg=call.leg,
            room=admitted.room,
            participant=Participant(call.leg, admitted.name, "", LegKind.PHONE),
            grants=call_grants(admitted.subject, admitted.room, at + self._config.call_limit_s),
            at=at,
        )
        refused = status(await self._hub.command(join))
        if refused is None:
            refused = await self._connect(call, local_ip, sdp)
        if refused is not None and not call.over:
            self._table.pop(call.number, None)
            call.gone("refused")
            self._refuse(call.number, refused, flow[2])

    async def _connect(self, call: Call, local_ip: str, sdp: bytes | None) -> int | None:
        """Open its media and answer; the status that says why not."""
        if call.over:
            return None
        try:
            call.media_terms.port = await self._hub.media.open_phone(call.leg, local_ip)
            if call.over:
                return None
            answer = call.media_terms.offer() if sdp is None else call.media_terms.answer(sdp)
        except NotAgreed:
            return 488
        except (PhoneRefused, PlaneBusy) as error:
            log.warning("no media for a phone", why=str(error))
            return 503
        call.apply()
        call.established = True
        self._counters.add("calls_answered_total")
        call.order(lambda edge: edge.answer(call.number, answer))
        return None

    def _refuse(self, number: int, status: int, peer: str) -> None:
        self._counters.add("calls_refused_total")
        if self._once.first(peer, str(status)):
            log.info("call refused", peer=peer, status=status)
        self.transport.order(lambda: self.transport.edge.refuse(number, status))
