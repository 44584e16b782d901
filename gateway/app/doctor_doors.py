"""Ports: free, held by the gateway that runs on this data directory, or taken by somebody else.

A port is tried by binding a socket to it for a moment; nobody can connect to it meanwhile.
"""

import errno
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

from gateway.app.addresses import media_addresses
from gateway.app.config import Config
from gateway.ports.checkup import Check, Door, Finding, fail, ok

_PROC = Path("/proc")
_SOCKET = re.compile(r"socket:\[(\d+)\]")


def running_gateway(directory: Path) -> int | None:
    """The process that has the data directory's lock, by the kernel's own list (proc(5), locks).

    The lock is not tried: a gateway that starts in that moment would find it taken.
    """
    try:
        inode = (directory / "lock").stat().st_ino
    except OSError:
        return None
    for line in (_PROC / "locks").read_text(encoding="ascii").splitlines():
        fields = line.split()
        if fields[1:2] == ["FLOCK"] and fields[-3].rpartition(":")[2] == str(inode):
            return int(fields[-4])
    return None


def own_doors(config: Config) -> list[Door]:
    """The hub's: pages and media. A port 0 is any free one and cannot be taken."""
    doors = [Door("[http] port", tcp=True, host=config.http.listen, port=config.http.port)]
    media = config.media
    shards = media.shards or max(1, (os.cpu_count() or 1) - 1)
    for host in media_addresses(config):
        ports = range(media.port, media.port + shards) if media.port else ()
        doors += [Door("[media] port", tcp=False, host=host, port=port) for port in ports]
        doors.append(Door("[media] tcp_port", tcp=True, host=host, port=media.tcp_port))
    return doors


def door_checks(doors: list[Door], running: int | None) -> list[Check]:
    """One for each door with a port of its own. ``running``: as for ``file_checks``."""
    return [
        Check(
            f"port {door.port}/{'tcp' if door.tcp else 'udp'}",
            lambda door=door: _door(door, running),  # type: ignore[misc]
        )
        for door in doors
        if door.port
    ]


def _door(door: Door, running: int | None) -> Iterator[Finding]:
    family = socket.AF_INET6 if ":" in door.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM if door.tcp else socket.SOCK_DGRAM) as probe:
        if door.tcp:
            # As the door itself does: connections that are just closed keep nobody out.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((door.host, door.port))
        except OSError as error:
            yield _refused(door, error, running)
            return
    where = f"{door.key}: {door.host} port {door.port}"
    if running is None:
        yield ok(f"{where} is free")
    else:
        yield fail(
            f"{where} is free although process {running} runs the gateway",
            "restart it: it runs with another configuration, or the door could not be opened (see its log)",
        )


def _refused(door: Door, error: OSError, running: int | None) -> Finding:
    where = f"{door.key}: {door.host} port {door.port}"
    if error.errno == errno.EADDRINUSE:
        if running is not None and _holds(running, door):
            return ok(f"{where} is held by the running gateway (process {running})")
        kind = "t" if door.tcp else "u"
        return fail(
            f"{where} is taken by another program",
            f"look who: ss -l{kind}np 'sport = :{door.port}'; end it, or set another port",
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return fail(f"{where}: no interface of this machine has that address", "look: ip address")
    if error.errno == errno.EACCES:
        return fail(
            f"{where}: this user may not open ports below 1024",
            "take a higher port, or AmbientCapabilities=CAP_NET_BIND_SERVICE in the unit",
        )
    return fail(f"{where}: {error.strerror}", "mend this and ask again")


def _holds(process: int, door: Door) -> bool:
    """Whether one of the process's sockets is bound to the port (proc(5), net/tcp)."""
    own = set()
    try:
        for link in (_PROC / str(process) / "fd").iterdir():
            try:
                found = _SOCKET.fullmatch(str(link.readlink()))
            except FileNotFoundError:
                continue  # closed meanwhile
            own |= {found[1]} if found else set()
    except PermissionError:
        return True  # another user's process: that it has the lock must do
    except FileNotFoundError:
        return False
    kind = "tcp" if door.tcp else "udp"
    tables = [path for path in (_PROC / "net" / kind, _PROC / "net" / f"{kind}6") if path.exists()]
    rows = [line.split() for path in tables for line in path.read_text(encoding="ascii").splitlines()[1:]]
    return any(int(row[1].rpartition(":")[2], 16) == door.port and row[9] in own for row in rows)
