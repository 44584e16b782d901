"""What ``crosspatch doctor`` asks of the web door: its page files, and the TURN servers it names."""

import os
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from adapters._kit.reach import CONNECT_S, connected, secrets_check
from adapters.web.config import WebConfig
from adapters.web.pages import STATIC
from gateway.ports.checkup import Check, Finding, fail, ok, warn

_TURN = re.compile(r"(turns?|stuns?):(\[[^]]+\]|[^:?\[\]]+)(?::(\d+))?(?:\?transport=(udp|tcp))?")
_PORT, _TLS_PORT = 3478, 5349
_ASSET = re.compile(r'(?:src|href)="/(assets/[^"]+)"')
# RFC 8489 section 5: type, length of the attributes, magic cookie; then 12 bytes of transaction id.
_BINDING_REQUEST = bytes.fromhex("0001 0000 2112a442")
_BINDING_ANSWERS = (bytes.fromhex("0101"), bytes.fromhex("0111"))
_HEADER_BYTES = 20
_ASKS = 3


def web_checks(config: WebConfig, static: Path = STATIC) -> list[Check]:
    """Every question."""
    checks = [Check("pages", lambda: _pages(static))]
    if config.turn_secret_file is not None:
        checks.append(secrets_check("TURN secret", [(config.turn_secret_file, "secret")]))
    return [*checks, *map(_server_check, (*config.ice_servers, *config.turn_urls))]


def _pages(static: Path) -> Iterator[Finding]:
    index = static / "index.html"
    if not index.is_file():
        yield fail(
            "the pages were not built", "in a source tree type: make setup; else install the wheel again"
        )
        return
    missing = [name for name in _ASSET.findall(index.read_text("utf-8")) if not (static / name).is_file()]
    if missing:
        yield fail(f"{len(missing)} files of the pages are missing", "type: make setup; or install the wheel")
    else:
        yield ok("there")


def _server_check(url: str) -> Check:
    return Check(f"server {url}", lambda: _server(url), 2 * CONNECT_S + 4)


def _server(url: str) -> Iterator[Finding]:
    match = _TURN.fullmatch(url)
    if match is None:
        yield warn("its address is of a kind that cannot be tried", "write turn:host:port or turns:host:port")
        return
    secure = match[1].endswith("s")
    host, port = match[2].strip("[]"), int(match[3] or (_TLS_PORT if secure else _PORT))
    remedy = "look whether it runs, and at the firewalls on the way"
    try:
        answered = (
            _over_tcp(host, port, secure=secure) if secure or match[4] == "tcp" else _over_udp(host, port)
        )
    except ssl.SSLError as error:
        yield warn(
            f"answers, but its certificate is not believed here ({error.reason})",
            "browsers must trust who issued it, and it must name this host",
        )
    except socket.gaierror:
        yield fail("its name has no address", "look at the name and at DNS")
    except OSError as error:
        yield fail(f"cannot be reached ({error.strerror or error})", remedy)
    else:
        yield ok("answers") if answered else fail("does not speak STUN", remedy)


def _over_udp(host: str, port: int) -> bool:
    """Raises OSError."""
    family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, proto) as out:
        out.connect(address)
        out.settimeout(CONNECT_S / _ASKS)
        for attempt in range(_ASKS):
            request = _BINDING_REQUEST + os.urandom(12)
            out.send(request)
            try:
                return _is_answer(out.recv(2048), request)
            except TimeoutError:
                if attempt == _ASKS - 1:
                    raise
    return False


def _over_tcp(host: str, port: int, *, secure: bool) -> bool:
    """Raises OSError; ssl.SSLError is one."""
    with closing(connected(host, port)) as plain:
        plain.settimeout(CONNECT_S)
        context = ssl.create_default_context()
        with closing(context.wrap_socket(plain, server_hostname=host) if secure else plain) as out:
            request = _BINDING_REQUEST + os.urandom(12)
            out.sendall(request)
            answer = b""
            while len(answer) < _HEADER_BYTES and (more := out.recv(2048)):
                answer += more
            return _is_answer(answer, request)


def _is_answer(answer: bytes, request: bytes) -> bool:
    return answer[:2] in _BINDING_ANSWERS and answer[4:_HEADER_BYTES] == request[4:]
