"""``crosspatch run``: from the configuration to open doors, until a signal comes."""

import asyncio
import faulthandler
import os
import signal
from collections.abc import Callable, Mapping

import structlog

from gateway.app.addresses import media_addresses
from gateway.app.assembly import assembled
from gateway.app.config import Config, MediaConfig
from gateway.app.hub import Hub
from gateway.app.service_manager import READY, STOPPING, ServiceManager
from gateway.app.supervisor import LinkState, Supervisor
from gateway.native import NativeMediaPlane, TcpDoor, start_plane
from gateway.ports.adapter import Adapter

_log = structlog.get_logger("run")

POLL_S = 0.02
"""How often the doors are looked at until they are open."""
STOP_WITHIN_S = 45.0
"""Longer than all steps of the shutdown together. A process that still lives then says where each of its
threads is and ends: whoever waits for it (systemd, a person) must not wait for ever."""


class GatewayFailed(Exception):
    """The hub cannot go on in this process."""


async def serve(
    config: Config, adapters: Mapping[str, Callable[[], Adapter]], say: Callable[[str], None]
) -> None:
    """Run until SIGTERM or SIGINT; ``say`` gets the lines for people.

    Raises as ``assembled`` does, and GatewayFailed when the single writer ended by itself.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    supervisor = Supervisor(adapters)
    manager = ServiceManager(os.environ)
    watching = asyncio.create_task(manager.watch(), name="watchdog")
    media = _media(config)
    try:
        async with assembled(config, media, supervisor=supervisor) as hub:
            announced = asyncio.create_task(_announce(config, supervisor, hub, say, manager), name="announce")
            try:
                await _first(stop, hub.failed)
            finally:
                _end_in_time()
                announced.cancel()
            manager.tell(STOPPING)
            _log.info("stopping", failed=hub.failed.is_set())
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)  # the second one ends the process at once
            failed = hub.failed.is_set()
        if failed:
            raise GatewayFailed("the single writer ended by itself, see the log; start the gateway again")
    finally:
        await media.stop()
        watching.cancel()


def _end_in_time() -> None:
    # Not taken back at the end: threads that hang are waited for behind it, when the interpreter goes.
    faulthandler.dump_traceback_later(STOP_WITHIN_S, exit=True)


def _media(config: Config) -> NativeMediaPlane:
    try:
        return start_plane(
            shards=config.media.shards or max(1, (os.cpu_count() or 1) - 1),
            listen=media_addresses(config),
            announce=config.media.announce,
            port=config.media.port,
            sessions_max=config.media.sessions_max,
            data_message_bytes_max=config.media.data_message_bytes_max,
            forwarding=config.media.forwarding,
            rtp_ports=(config.media.rtp_port_first, config.media.rtp_port_last),
            tcp=_tcp_door(config.media),
        )
    except (OSError, ValueError) as error:
        raise OSError(f"[media] {error}") from error


def _tcp_door(media: MediaConfig) -> TcpDoor | None:
    if not media.tcp_port:
        return None
    return TcpDoor(media.tcp_port, media.tcp_connections_max, media.tcp_connections_per_address)


async def _first(*events: asyncio.Event) -> None:
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()


async def _announce(
    config: Config, supervisor: Supervisor, hub: Hub, say: Callable[[str], None], manager: ServiceManager
) -> None:
    while not supervisor.settled or LinkState.UP not in supervisor.states().values():  # noqa: ASYNC110 - adapters tell when asked
        await asyncio.sleep(POLL_S)
    address = supervisor.address() or _address(config)
    manager.tell(READY)
    say(f"ready {address}")
    link = hub.administrator_link()
    if link is not None:
        say(f"{address}join/{link}")


def _address(config: Config) -> str:
    host = f"[{config.http.listen}]" if ":" in config.http.listen else config.http.listen
    return f"http{'s' if config.http.cert else ''}://{host}:{config.http.port}/"
