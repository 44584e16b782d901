"""Whether a server elsewhere can be reached: for ``crosspatch doctor``, blocking, each with a time limit."""

import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

from adapters._kit.secret_file import SecretUnusable, read_secret
from gateway.ports.checkup import Check, Finding, fail, ok

CONNECT_S = 3.0


def resolved(host: str) -> tuple[str, ...]:
    """Every address of a name, once. Raises OSError."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(where[0]) for *_, where in found))


def connected(host: str, port: int) -> socket.socket:
    """A TCP connection. Raises OSError."""
    return socket.create_connection((host, port), CONNECT_S)


def name_check(name: str, host: str, hint: str) -> Check:
    """Whether the name has an address."""

    def run() -> Iterator[Finding]:
        try:
            found = resolved(host)
        except OSError as error:
            yield fail(f"{host} has no address ({error.strerror})", hint)
        else:
            yield ok(f"{host} is {', '.join(found)}")

    return Check(name, run)


def secrets_check(name: str, files: Sequence[tuple[Path, str]]) -> Check:
    """Whether every file with a secret can be used. ``files``: each with what must be in it."""

    def run() -> Iterator[Finding]:
        broken = 0
        for path, what in files:
            try:
                read_secret(path, what)
            except SecretUnusable as error:
                found, _, remedy = str(error).partition("; ")
                broken += 1
                yield fail(found, remedy)
            except OSError as error:
                broken += 1
                yield fail(
                    f"{path}: {error.strerror}", f"write the {what} on its first line; chmod 600 {path}"
                )
            except UnicodeDecodeError:
                broken += 1
                yield fail(f"{path}: is no text", f"write the {what} on its first line")
        if not broken:
            yield ok(f"{len(files)} files with secrets can be used")

    return Check(name, run)
