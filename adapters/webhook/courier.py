"""One target: what waits for it, and how it is tried.

Messages are delivered in order, at least once, each under one id; a receiver that sees an id twice ignores
the second. A target that does not answer holds up its own queue only. What waits is not kept over a restart
of the gateway: the log is the record, this is news.
"""

import asyncio
import secrets
import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import aiohttp
import msgspec
import structlog

from adapters._kit.counters import Counters
from adapters._kit.delays import delays_s
from adapters.webhook.config import WebhookTarget
from adapters.webhook.envelope import Data, Told
from adapters.webhook.signature import headers

COUNTERS = ("sent_total", "attempts_failed_total", "refused_total", "expired_total", "overflow_total")
FIRST_RETRY_S, LAST_RETRY_S = 1.0, 60.0
ANSWER_BYTES_MAX = 4096
"""Read of an answer, so that its connection can be used again; what it says is of no interest."""
_AGAIN = frozenset({408, 425, 429})

log = structlog.get_logger("webhook")


@dataclass(frozen=True, slots=True)
class Waiting:
    """One message. ``since``: monotonic seconds."""

    id: str
    kind: str
    at: float
    data: Data
    since: float


class Courier:
    """Brings messages to one target; ``run`` until cancelled."""

    def __init__(
        self,
        target: WebhookTarget,
        key: bytes,
        session: aiohttp.ClientSession,
        counters: Counters,
        *,
        queue_len_max: int,
        keep_s: float,
    ) -> None:
        self._target = target
        self._key = key
        self._session = session
        self._counters = counters
        self._queue_len_max = queue_len_max
        self._keep_s = keep_s
        self._queue: deque[Waiting] = deque()
        self._dropped = 0
        """Messages that were dropped, and of which no message that arrived has told yet."""
        self._told_dropped = 0
        """As the message under way tells."""
        self._some = asyncio.Event()
        self._failing = False

    def __len__(self) -> int:
        return len(self._queue)

    def take(self, news: Told) -> None:
        """Queue a message, if this target wants it. Never waits."""
        kind, data = news
        target = self._target
        if (target.kinds and kind not in target.kinds) or (target.rooms and data["room"] not in target.rooms):
            return
        if len(self._queue) >= self._queue_len_max:
            self._queue.popleft()
            self._drop("overflow_total")
        name = f"msg_{secrets.token_hex(12)}"
        self._queue.append(Waiting(name, kind.value, time.time(), data, time.monotonic()))
        self._some.set()

    async def run(self) -> None:
        """Deliver, the oldest first."""
        while True:
            await self._some.wait()
            while self._queue:
                await self._deliver(self._queue[0])
            self._some.clear()

    async def _deliver(self, waiting: Waiting) -> None:
        delays = delays_s(FIRST_RETRY_S, LAST_RETRY_S)
        # One that overflowed meanwhile is no longer the first.
        while self._queue and self._queue[0] is waiting:
            if time.monotonic() - waiting.since > self._keep_s:
                self._queue.popleft()
                self._drop("expired_total")
                return
            status = await self._attempt(waiting)
            if status is not None and not _is_passing(status):
                self._settle(waiting, status)
                return
            self._counters.add("attempts_failed_total")
            self._note(failing=True, why=status)
            await asyncio.sleep(next(delays))

    async def _attempt(self, waiting: Waiting) -> int | None:
        """The answer's status; None: there was none."""
        body = self._body(waiting)
        signed = headers(self._key, waiting.id, int(time.time()), body)
        try:
            async with self._session.post(
                self._target.url,
                data=body,
                headers={"Content-Type": "application/json", **signed},
                allow_redirects=False,
            ) as answer:
                await answer.content.read(ANSWER_BYTES_MAX)
                return answer.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None

    def _body(self, waiting: Waiting) -> bytes:
        at = datetime.fromtimestamp(waiting.at, UTC).isoformat(timespec="milliseconds")
        told: dict[str, object] = {"type": waiting.kind, "timestamp": at, "data": waiting.data}
        self._told_dropped = self._dropped
        if self._dropped:
            told["dropped"] = self._dropped
        return msgspec.json.encode(told)

    def _settle(self, waiting: Waiting, status: int) -> None:
        if self._queue and self._queue[0] is waiting:
            self._queue.popleft()
        if status < 300:  # noqa: PLR2004 - RFC 9110 section 15: successful
            self._counters.add("sent_total")
            self._dropped -= self._told_dropped
            self._note(failing=False, why=status)
        else:
            self._drop("refused_total")
            self._note(failing=True, why=status)

    def _drop(self, why: str) -> None:
        self._dropped += 1
        self._counters.add(why)

    def _note(self, *, failing: bool, why: int | None) -> None:
        """Once a change: the host only, an address may hold a secret."""
        if failing is self._failing:
            return
        self._failing = failing
        host = urlsplit(self._target.url).hostname
        if failing:
            log.warning("a webhook's target does not take messages", host=host, status=why)
        else:
            log.info("a webhook's target takes messages again", host=host)


def _is_passing(status: int) -> bool:
    """Worth another attempt."""
    return status >= 500 or status in _AGAIN  # noqa: PLR2004 - RFC 9110 section 15: the server's fault
