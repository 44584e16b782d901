"""Strangers at the SIP door: requests without a password, from many loopback addresses, at a given rate."""

import asyncio
import itertools
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_BATCH = 30
"""Requests at once: 10 ms of 3,000 a second."""
_METHODS = ("INVITE", "REGISTER", "OPTIONS")
_ANSWER_BYTES = 2_048
_SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n"


class Flood:
    """Made by ``Flood.open``. Its sockets stay open, so that the answers meet no closed port."""

    def __init__(self, server: tuple[str, int], sockets: list[socket.socket]) -> None:
        self._server = server
        self._sockets = sockets
        self._number = itertools.count()
        self.sent = 0
        self.answers: Counter[int] = Counter()
        """Statuses; an answer that came while the socket's buffer was full is missing."""

    @classmethod
    @contextmanager
    def open(cls, server: tuple[str, int], *, sources: int) -> Iterator["Flood"]:
        """Strangers at 127.0.1.1 and up; at most 250."""
        sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(sources)]
        try:
            for number, one in enumerate(sockets, 1):
                one.bind((f"127.0.1.{number}", 0))
                one.settimeout(0)
            yield cls(server, sockets)
        finally:
            for one in sockets:
                one.close()

    async def run(self, rate_per_s: int, seconds: float) -> None:
        """One request after the other, each of its own call and from the next address."""
        started, total = time.monotonic(), round(rate_per_s * seconds)
        for number in range(total):
            if number % _BATCH == 0:
                self._take_answers()
                await asyncio.sleep(max(0.0, number / rate_per_s - (time.monotonic() - started)))
            self._send()

    def _send(self) -> None:
        number = next(self._number)
        method = _METHODS[number % len(_METHODS)]
        body = _SDP if method == "INVITE" else ""
        one = self._sockets[number % len(self._sockets)]
        host, port = one.getsockname()
        lines = [
            f"{method} sip:8002@{self._server[0]} SIP/2.0",
            f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bKflood{number}",
            "Max-Forwards: 70",
            f"From: <sip:101@{host}>;tag={number}",
            f"To: <sip:101@{self._server[0]}>",
            f"Call-ID: flood-{number}",
            f"CSeq: 1 {method}",
            f"Contact: <sip:101@{host}:{port}>",
            f"Content-Length: {len(body)}",
            "",
            body,
        ]
        with suppress(BlockingIOError):
            one.sendto("\r\n".join(lines).encode(), self._server)
            self.sent += 1

    def _take_answers(self) -> None:
        for one in self._sockets:
            with suppress(BlockingIOError):
                while True:
                    self.answers[int(one.recv(_ANSWER_BYTES).split(b" ", 2)[1])] += 1
