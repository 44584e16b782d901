"""The table of sessions: sign in, resume, hold after a lost socket, end."""

import asyncio
import secrets
import time
from dataclasses import dataclass

from adapters._kit.counters import Counters
from adapters._kit.once import Once
from adapters.web import translate
from adapters.web.commands import Commands, Spawn
from adapters.web.config import WebConfig
from adapters.web.ice_servers import IceServers
from adapters.web.inbox import Inbox
from adapters.web.limits import MessageLimit
from adapters.web.session import Outlet, Session
from gateway.model.grants import Grants
from gateway.model.refusal import Refusal, RefusalCode
from gateway.ports.hub import Hub, TooManyLegs
from gateway.wire import client, server
from gateway.wire.closing import RESUMABLE

SERVER = "crosspatch"
"""``welcome.server``."""


@dataclass(slots=True)
class Admitted:
    """A session and what belongs to it."""

    session: Session
    inbox: Inbox
    expiry: asyncio.TimerHandle
    """The token's time is over."""
    hold: asyncio.TimerHandle | None = None
    """Runs while no socket is attached."""


@dataclass(frozen=True, slots=True)
class _SignedIn:
    grants: Grants
    bearer: str | None
    """A token for later, when the one sent was a one-time link."""


class Sessions:
    """All sessions of one run of the adapter."""

    def __init__(
        self, hub: Hub, config: WebConfig, ice_servers: IceServers, spawn: Spawn, counters: Counters
    ) -> None:
        self._hub = hub
        self._ice_servers = ice_servers
        self._config = config
        self._spawn = spawn
        self._counters = counters
        self._once = Once()
        self._table: dict[str, Admitted] = {}
        counters.gauge("sessions", lambda: len(self._table))
        counters.gauge("sessions_on_hold", lambda: sum(one.hold is not None for one in self._table.values()))

    def admit(self, hello: client.Hello, outlet: Outlet) -> Admitted | Refusal:
        """Sign in or resume; the welcome and the missed deltas are queued on ``outlet``."""
        if self._no_room_for(hello):  # before a one-time link is used up
            self._counters.add("refused_sessions_total")
            return Refusal(RefusalCode.TOO_MANY, "too many sessions ([web] sessions_max)")
        signed_in = self._sign_in(hello.token)
        if isinstance(signed_in, Refusal):
            self._counters.add("refused_tokens_total")
            return signed_in
        admitted = self._opened_by(hello.resume) if hello.resume is not None else None
        if admitted is not None and admitted.session.grants.subject != signed_in.grants.subject:
            return Refusal(RefusalCode.NOT_ALLOWED, "this session is another person's")
        try:
            admitted = admitted or self._open(hello, signed_in.grants)
        except TooManyLegs:
            self._counters.add("refused_sessions_total")
            return Refusal(RefusalCode.TOO_MANY, "too many legs ([limits] legs)")
        self._welcome(admitted, hello.resume, signed_in, outlet)
        return admitted

    def lost(self, session: Session, outlet: Outlet) -> None:
        """The socket is gone without a goodbye: hold the leg for a while."""
        admitted = self._table.get(session.name)
        if admitted is None or not session.lost(outlet):
            return
        loop = asyncio.get_running_loop()
        admitted.hold = loop.call_later(self._config.resume_hold_s, self._forget, session, "lost")

    def end(self, session: Session, code: server.ByeCode, detail: str) -> None:
        """Say goodbye; the session is over unless the code is one that a page may resume after."""
        session.finish(code, detail)
        if code not in RESUMABLE:
            self._forget(session, code.value)

    def end_all(self) -> None:
        """The gateway stops."""
        for admitted in list(self._table.values()):
            self.end(admitted.session, server.ByeCode.SHUTDOWN, "the gateway stops")

    def _no_room_for(self, hello: client.Hello) -> bool:
        known = hello.resume is not None and self._opened_by(hello.resume) is not None
        return not known and len(self._table) >= self._config.sessions_max

    def _opened_by(self, resume: client.Resume) -> Admitted | None:
        """The session that this key opens."""
        admitted = self._table.get(resume.session)
        return admitted if admitted is not None and admitted.session.opens_with(resume.key) else None

    def _sign_in(self, token: str) -> _SignedIn | Refusal:
        bearer = self._hub.redeem(token)
        if isinstance(bearer, Refusal):
            return bearer
        grants = self._hub.grants(bearer)
        if isinstance(grants, Refusal):
            return grants
        return _SignedIn(grants, None if bearer == token else bearer)

    def _open(self, hello: client.Hello, grants: Grants) -> Admitted:
        session = Session(
            name=secrets.token_urlsafe(12),
            key=secrets.token_urlsafe(32),
            hello=hello,
            grants=grants,
            counters=self._counters,
        )
        session.leg = self._hub.attach(session)

        def close(code: server.ByeCode, detail: str) -> None:
            self.end(session, code, detail)

        commands = Commands(self._hub, session, self._ice_servers, self._spawn, self._counters, close)
        inbox = Inbox(session, commands, MessageLimit(self._config), self._counters, self._once, close)
        session.on_data = inbox.data
        session.on_ended = lambda why: self._ended(session, why)
        expiry = asyncio.get_running_loop().call_later(
            grants.expires_at - time.time(), close, server.ByeCode.EXPIRED, "the token's time is over"
        )
        admitted = self._table[session.name] = Admitted(session, inbox, expiry)
        return admitted

    def _welcome(
        self, admitted: Admitted, resume: client.Resume | None, signed_in: _SignedIn, outlet: Outlet
    ) -> None:
        session = admitted.session
        if admitted.hold is not None:
            admitted.hold.cancel()
            admitted.hold = None
        resumed = resume is not None and session.covers(resume.seq)
        welcome = server.Welcome(
            session=session.name,
            key=session.key,
            leg=session.leg,
            boot=self._hub.boot,
            server=SERVER,
            resumed=resumed,
            seq=resume.seq if resume is not None and resumed else session.seq,
            rooms=[] if resumed else self._joined(session),
            visible=[translate.room(view, inside=False) for view in self._hub.rooms(session.grants)],
            verbs=sorted(session.grants.verbs),
            expires_at=session.grants.expires_at,
            resume_hold_ms=round(self._config.resume_hold_s * 1000),
            bearer=signed_in.bearer,
        )
        self._counters.add("sessions_resumed_total" if resumed else "sessions_welcomed_total")
        session.attach(outlet, welcome)

    def _joined(self, session: Session) -> list[server.Room]:
        views = (self._hub.room(room, session.grants_in(room)) for room in sorted(session.rooms))
        return [translate.room(view, inside=True) for view in views if not isinstance(view, Refusal)]

    def _ended(self, session: Session, why: str) -> None:
        """The hub ended the leg: there is nothing left to detach."""
        # A gateway that stops ends every leg first; pages must know that it will be back. Whoever was removed
        # must know that, too, or the page would come back at once.
        told = {code.value: code for code in (server.ByeCode.SHUTDOWN, server.ByeCode.REMOVED)}
        session.finish(told.get(why, server.ByeCode.ENDED), why)
        self._remove(session)

    def _forget(self, session: Session, why: str) -> None:
        if self._remove(session):
            self._hub.detach(session.leg, why)

    def _remove(self, session: Session) -> bool:
        admitted = self._table.pop(session.name, None)
        if admitted is None:
            return False
        admitted.expiry.cancel()
        if admitted.hold is not None:
            admitted.hold.cancel()
        return True
