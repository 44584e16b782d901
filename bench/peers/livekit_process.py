"""A LiveKit process with one node and no Redis, media on the run's one address.

LiveKit has no package: ``make livekit`` builds its Go module into target/bench. Congestion control and its
door for ICE-TCP stay as shipped; only what would ask the internet (STUN) is off.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import signal
import tempfile
import time
from pathlib import Path

from bench import namespace
from bench.peers.ports import free_port

BINARY = Path("target/bench/livekit-server").absolute()
CONFIG = """
port: {port}
bind_addresses: ["127.0.0.1"]
keys: {{ bench: {secret} }}
logging: {{ level: error }}
rtc:
  tcp_port: {tcp_port}
  use_external_ip: false
  node_ip: {address}
  ips: {{ includes: ["{address}/32"] }}
"""


def installed() -> bool:
    return BINARY.exists()


class LiveKitProcess:
    """``start`` first, ``stop`` last."""

    async def start(self) -> None:
        """Returns when its HTTP door is open. Raises RuntimeError."""
        self._folder = tempfile.TemporaryDirectory(prefix="bench-livekit-")
        self._secret = secrets.token_hex(32)
        self._port = free_port()
        config = Path(self._folder.name) / "livekit.yaml"
        address = namespace.address()
        config.write_text(
            CONFIG.format(port=self._port, tcp_port=free_port(), secret=self._secret, address=address)
        )
        self._process = await asyncio.create_subprocess_exec(
            str(BINARY),
            "--config",
            str(config),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        for _ in range(100):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self._port)
            except ConnectionError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return
        raise RuntimeError("livekit did not open its door")

    @property
    def pid(self) -> int:
        return self._process.pid

    def door(self, identity: str, protocol: int) -> str:
        """Where this participant signs in, its token included."""
        query = f"access_token={self._token(identity)}&auto_subscribe=1&protocol={protocol}&sdk=go&version=2"
        return f"ws://127.0.0.1:{self._port}/rtc?{query}"

    async def stop(self) -> None:
        self._process.send_signal(signal.SIGKILL)  # asked politely it waits for its participants
        await self._process.wait()
        self._folder.cleanup()

    def _token(self, identity: str) -> str:
        """A JSON Web Token (RFC 7519), HMAC with SHA-256, good for an hour."""
        claims = {
            "iss": "bench",
            "sub": identity,
            "exp": int(time.time()) + 3600,
            "video": {"room": "bench", "roomJoin": True},
        }
        signed = f"{_base64({'alg': 'HS256', 'typ': 'JWT'})}.{_base64(claims)}"
        seal = hmac.new(self._secret.encode(), signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{base64.urlsafe_b64encode(seal).rstrip(b'=').decode()}"


def _base64(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
