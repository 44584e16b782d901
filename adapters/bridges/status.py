"""The retained status of one channel: said on change, at most ten times a second, and again every 30 s."""

import asyncio
from typing import Any

import msgspec

from adapters.bridges.ptt_watchdog import now_us
from adapters.bridges.radio import Talking
from adapters.bridges.session import Session
from adapters.radio.contract.topics import STATUS_REFRESH_S, Kind
from adapters.radio.contract.up import Status, Talker

_LEAST_S = 0.1


class StatusBoard:
    """Call ``publish`` after each connection; changes publish themselves."""

    def __init__(self, channel: str, session: Session) -> None:
        self.status = Status(session=session.id, n=0, t=0, carrier=0, ptt=0)
        self._channel = channel
        self._session = session
        self._timer: asyncio.TimerHandle | None = None
        self._quiet_until = 0.0

    def change(self, **fields: Any) -> None:  # noqa: ANN401 - fields of Status
        """Set fields; what is no change says nothing."""
        if all(getattr(self.status, name) == value for name, value in fields.items()):
            return
        self.status = msgspec.structs.replace(self.status, **fields)
        loop = asyncio.get_running_loop()
        self._at(loop, max(0.0, self._quiet_until - loop.time()))

    def talker(self, talking: Talking) -> None:
        """Who is heard."""
        self.change(talker=Talker(id=talking.id, alias=talking.alias, group=talking.group))

    def publish(self) -> int:
        """Say it now; its number."""
        loop = asyncio.get_running_loop()
        self.status = msgspec.structs.replace(self.status, n=self.status.n + 1, t=now_us())
        self._session.say(Kind.STATUS, self.status, self._channel)
        self._quiet_until = loop.time() + _LEAST_S
        self._at(loop, STATUS_REFRESH_S)
        return self.status.n

    def close(self) -> None:
        """Say nothing more by itself."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _at(self, loop: asyncio.AbstractEventLoop, delay_s: float) -> None:
        self.close()
        self._timer = loop.call_later(delay_s, self.publish)
