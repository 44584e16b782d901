"""A Janus process (Debian package janus) with one plugin, by its WebSocket API.

Everything that is not needed is left out: one plugin, one transport, no event handlers, log level 3;
media on the run's one address.
"""

import asyncio
import itertools
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Any

import aiohttp

from bench import namespace
from bench.peers.ports import free_port

HOME = Path("/usr/lib/x86_64-linux-gnu/janus")
CORE = """
general: {{
  configs_folder = "{folder}"
  plugins_folder = "{home}/plugins"
  transports_folder = "{home}/transports"
  events_folder = "{home}/events"
  loggers_folder = "{home}/loggers"
  debug_level = 3
}}
media: {{ ipv6 = false }}
nat: {{ ice_enforce_list = "{address}" }}
plugins: {{ disable = "{plugins}" }}
transports: {{ disable = "{transports}" }}
events: {{ broadcast = false }}
"""
SOCKET = """
general: {{ ws = true, ws_port = {port}, ws_ip = "127.0.0.1" }}
admin: {{ admin_ws = false }}
"""


def installed() -> bool:
    return shutil.which("janus") is not None and HOME.is_dir()


class JanusProcess:
    """``start`` first, ``stop`` last."""

    def __init__(self, plugin: str, general: str = "") -> None:
        """``plugin``: such as ``videoroom``; ``general``: lines of its configuration's general section."""
        self._plugin = plugin
        self._general = general

    async def start(self) -> None:
        """Returns when it takes requests. Raises RuntimeError."""
        self._folder = tempfile.TemporaryDirectory(prefix="bench-janus-")
        port = free_port()
        self._configure(Path(self._folder.name), port)
        self._process = await asyncio.create_subprocess_exec(
            "janus",
            "-F",
            self._folder.name,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        self._http = aiohttp.ClientSession()
        self._session: int | None = None
        self._socket = await self._connect(port)
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._numbers = itertools.count(1)
        self._reader = asyncio.create_task(self._read(), name="janus-reader")
        self._keepalive = asyncio.create_task(self._keep_alive(), name="janus-keepalive")
        self._session = (await self.ask(janus="create"))["data"]["id"]

    @property
    def pid(self) -> int:
        return self._process.pid

    async def attach(self) -> int:
        """A new handle of the plugin."""
        answer = await self.ask(janus="attach", plugin=f"janus.plugin.{self._plugin}")
        handle: int = answer["data"]["id"]
        return handle

    async def ask(self, **body: object) -> dict[str, Any]:
        """One request; the event or success that ends it. Raises RuntimeError for a refusal, TimeoutError."""
        number = str(next(self._numbers))
        waiting: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiting
        await self._send(number, body)
        answer = await asyncio.wait_for(waiting, 20)
        del self._waiting[number]
        data = answer.get("plugindata", {}).get("data", {})
        if answer["janus"] == "error" or "error" in data:
            raise RuntimeError(f"janus: {answer.get('error') or data['error']}")
        return answer

    async def stop(self) -> None:
        for task in (self._keepalive, self._reader):
            task.cancel()
        await asyncio.gather(self._keepalive, self._reader, return_exceptions=True)
        await self._socket.close()
        await self._http.close()
        self._process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), 5)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        self._folder.cleanup()

    def _configure(self, folder: Path, port: int) -> None:
        others = [f.name for f in (HOME / "plugins").glob("*.so") if self._plugin not in f.name]
        doors = [f.name for f in (HOME / "transports").glob("*.so") if "websockets" not in f.name]
        (folder / "janus.jcfg").write_text(
            CORE.format(
                folder=folder,
                home=HOME,
                address=namespace.address(),
                plugins=",".join(others),
                transports=",".join(doors),
            )
        )
        (folder / "janus.transport.websockets.jcfg").write_text(SOCKET.format(port=port))
        (folder / f"janus.plugin.{self._plugin}.jcfg").write_text(f"general: {{ {self._general} }}\n")

    async def _connect(self, port: int) -> aiohttp.ClientWebSocketResponse:
        for _ in range(100):
            try:
                return await self._http.ws_connect(f"ws://127.0.0.1:{port}", protocols=["janus-protocol"])
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.1)
        raise RuntimeError("janus did not open its WebSocket door")

    async def _read(self) -> None:
        async for message in self._socket:
            body = message.json()
            waiting = self._waiting.get(body.get("transaction", ""))
            if waiting is not None and not waiting.done() and body["janus"] != "ack":
                waiting.set_result(body)

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(20)
            await self._send(str(next(self._numbers)), {"janus": "keepalive"})

    async def _send(self, number: str, body: dict[str, object]) -> None:
        session = {} if self._session is None else {"session_id": self._session}
        await self._socket.send_json({"transaction": number, **session, **body})
