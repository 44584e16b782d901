"""Throw bad WebSocket messages and bad HTTP requests at the web doors for a bounded time.

    python tests/fuzz/fuzz_web.py --seconds 60 [--seed N]

Fails when anything is logged at error level or above, a task dies, or a healthy page that stays
connected all the time is no longer served. The seed is printed; the same seed throws the same bytes.
"""

import argparse
import asyncio
import json
import logging
import random
import secrets
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
import websockets

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from adapters.web.config import WebConfig  # noqa: E402 - run as a program, the root is not on the path
from tests.contract.web.test_whip_whep import OFFERS, RESTART, TRICKLE  # noqa: E402
from tests.contract.web.world import JSON, MSGPACK, Page, World, running  # noqa: E402
from tests.fuzz.mutate import mutated  # noqa: E402

MESSAGES_A_SOCKET = 40
LIMITS = WebConfig(
    connects_per_s=10_000.0,
    connects_burst=10_000,
    messages_burst=100_000,
    resume_hold_s=0.05,
    header_timeout_s=0.3,
    body_timeout_s=0.2,
    hello_timeout_s=0.3,
)


@dataclass
class Tally:
    """What was thrown, and what must not have happened."""

    messages: int = 0
    requests: int = 0
    faults: list[str] = field(default_factory=list)
    throwing: bool = True
    """Once the throwing is over, how long the store takes to catch up is not the doors' affair."""

    def fault(self, text: str) -> None:
        if self.throwing:
            self.faults.append(text)

    def structlog_processor(self, _logger: object, method: str, event: dict[str, Any]) -> dict[str, Any]:
        if method in ("error", "exception", "critical"):
            self.fault(f"{event!r} {sys.exc_info()[1]!r}")
        raise structlog.DropEvent


class _Errors(logging.Handler):
    """Whatever a library reports through the standard library's logging."""

    def __init__(self, tally: Tally) -> None:
        super().__init__(logging.ERROR)
        self._tally = tally

    def emit(self, record: logging.LogRecord) -> None:
        self._tally.fault(self.format(record))


async def fuzz(seed: int, seconds: float, tally: Tally) -> None:
    """Throw until the time is over; what went wrong is in the tally."""
    rng = random.Random(seed)
    until = time.monotonic() + seconds
    asyncio.get_running_loop().set_exception_handler(lambda _loop, said: tally.fault(repr(said)))
    with tempfile.TemporaryDirectory() as directory:
        async with running(Path(directory), LIMITS) as world, world.page("Witness") as witness:
            await witness.join()
            corpora = {MSGPACK: _messages("msgpack", world), JSON: _messages("json", world)}
            requests = _requests(world)
            while time.monotonic() < until and not tally.faults:
                subprotocol = rng.choice([MSGPACK, JSON])
                await _one_socket(world, rng, subprotocol, corpora[subprotocol], tally)
                for _ in range(8):
                    await _one_request(world, mutated(rng, requests), tally)
                async with asyncio.timeout(5):
                    assert (await witness.ask("ping"))["ok"]
                witness.heard.clear()
            tally.throwing = False


async def _one_socket(
    world: World, rng: random.Random, subprotocol: str, corpus: Sequence[bytes], tally: Tally
) -> None:
    try:
        async with world.socket(subprotocol) as page:
            if rng.random() < 0.9:
                await page.hello(world.token())
            for _ in range(MESSAGES_A_SOCKET):
                tally.messages += 1
                await _throw(page, rng, mutated(rng, corpus))
            await page.ask("ping", id=2**31 - 1)
    except (websockets.WebSocketException, TimeoutError):
        pass  # being closed is the right end for most of them


async def _throw(page: Page, rng: random.Random, data: bytes) -> None:
    as_text = page.subprotocol == JSON if rng.random() < 0.95 else page.subprotocol != JSON
    await page.socket.send(data.decode(errors="ignore") if as_text else data)


async def _one_request(world: World, data: bytes, tally: Tally) -> None:
    tally.requests += 1
    host, port = world.url.removeprefix("http://").rstrip("/").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        async with asyncio.timeout(2):
            writer.write(data)
            writer.write_eof()
            await reader.read()
    except (ConnectionError, TimeoutError):
        pass
    finally:
        writer.close()


def _messages(encoding: str, world: World) -> list[bytes]:
    """The shared vectors of clients, with a token that opens."""
    found = []
    for vector in json.loads((ROOT / "tests/wire/client.json").read_text("utf-8")):
        data = bytes.fromhex(vector["msgpack"]) if encoding == "msgpack" else vector["json"].encode()
        found.append(data)
    found.append(json.dumps({"type": "hello", "token": world.token(), "name": "Ana"}).encode())
    return found


def _requests(world: World) -> list[bytes]:
    """Good requests to every door."""
    bearer = f"Authorization: Bearer {world.token()}\r\n"

    def request(line: str, headers: str = "", body: str = "") -> bytes:
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        return f"{line} HTTP/1.1\r\nHost: x\r\n{headers}{length}\r\n{body}".encode()

    sdp = "Content-Type: application/sdp\r\n" + bearer
    fragment = "Content-Type: application/trickle-ice-sdpfrag\r\nIf-Match: *\r\n" + bearer
    upgrade = (
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: {JSON}\r\n"
    )
    return [
        *(request(f"GET {path}") for path in ("/", "/r/ops", "/join/x", "/healthz", "/metrics", "/assets/x")),
        *(request(f"POST /{door}/command", sdp, offer) for door, offer in OFFERS.items()),
        *(request("PATCH /whip/command/x", fragment, body) for body in (TRICKLE, RESTART)),
        request("DELETE /whip/command/x", bearer),
        request("OPTIONS /whep/command"),
        request("GET /ws", upgrade),
        request("POST /whip/command", sdp + "Transfer-Encoding: chunked\r\n") + b"5\r\nv=0\r\n\r\n0\r\n\r\n",
    ]


def main() -> int:
    """The program; 1 when something went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to throw (default 60)")
    parser.add_argument("--seed", type=int, default=None, help="of an earlier run, to repeat it")
    options = parser.parse_args()
    seed = secrets.randbits(32) if options.seed is None else options.seed
    sys.stderr.write(f"fuzz_web: seed {seed}, {options.seconds:.0f} s\n")
    tally = Tally()
    structlog.configure(processors=[tally.structlog_processor])
    logging.getLogger().addHandler(_Errors(tally))
    asyncio.run(fuzz(seed, options.seconds, tally))
    said = f"{tally.messages} messages, {tally.requests} requests, {len(tally.faults)} faults"
    sys.stderr.write(f"fuzz_web: seed {seed}: {said}\n")
    for fault in tally.faults:
        sys.stderr.write(f"fuzz_web: seed {seed}: {fault}\n")
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
