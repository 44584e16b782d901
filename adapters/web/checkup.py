"""What ``crosspatch doctor`` asks of the web door: its page files, and the TURN servers it names."""

import re
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

from adapters._kit.counters import Counters
from adapters._kit.reach import CONNECT_S, secrets_check
from adapters.web.config import WebConfig
from adapters.web.ice_servers import IceServers, Unusable
from adapters.web.pages import STATIC
from adapters.web.turn_visit import UNAUTHORIZED, Answer, visit
from gateway.ports.checkup import Check, Finding, fail, ok, warn

_TURN = re.compile(r"(turns?|stuns?):(\[[^]]+\]|[^:?\[\]]+)(?::(\d+))?(?:\?transport=(udp|tcp))?")
_PORT, _TLS_PORT = 3478, 5349
_ASSET = re.compile(r'(?:src|href)="/(assets/[^"]+)"')

Login = Callable[[], tuple[str, str]]
"""Makes a user name and its password."""


def web_checks(config: WebConfig, static: Path = STATIC) -> list[Check]:
    """Every question."""
    checks = [Check("pages", lambda: _pages(static))]
    if config.turn_secret_file is not None:
        checks.append(secrets_check("TURN secret", [(config.turn_secret_file, "secret")]))
    login = _login(config)
    return [
        *checks,
        *(_server_check(url, None) for url in config.ice_servers),
        *(_server_check(url, login) for url in config.turn_urls),
    ]


def _login(config: WebConfig) -> Login | None:
    """None: the secret cannot be used, which is said elsewhere."""
    try:
        servers = IceServers.read(config, Counters("turn_credentials_total"))
    except (Unusable, OSError, UnicodeDecodeError):
        return None

    def login() -> tuple[str, str]:
        mine = servers.of("doctor")[-1]
        return mine.username, mine.credential

    return login


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


def _server_check(url: str, login: Login | None) -> Check:
    # Two names to look up, and up to three questions beside the connection.
    return Check(f"server {url}", lambda: _server(url, login), 5 * CONNECT_S + 4)


def _server(url: str, login: Login | None) -> Iterator[Finding]:
    match = _TURN.fullmatch(url)
    if match is None:
        yield warn("its address is of a kind that cannot be tried", "write turn:host:port or turns:host:port")
        return
    secure = match[1].endswith("s")
    host, port = match[2].strip("[]"), int(match[3] or (_TLS_PORT if secure else _PORT))
    remedy = "look whether it runs, and at the firewalls on the way"
    try:
        with visit(host, port, stream=secure or match[4] == "tcp", secure=secure) as server:
            if not server.binds():
                yield fail("does not speak STUN", remedy)
            elif login is None or not match[1].startswith("turn"):
                yield ok("answers")
            else:
                yield _relays(server.relay(*login()))
    except ssl.SSLError as error:
        yield warn(
            f"answers, but its certificate is not believed here ({error.reason})",
            "browsers must trust who issued it, and it must name this host",
        )
    except socket.gaierror:
        yield fail("its name has no address", "look at the name and at DNS")
    except OSError as error:
        yield fail(f"cannot be reached ({error.strerror or error})", remedy)


def _relays(answer: Answer | None) -> Finding:
    """What it said to a wish for a relay."""
    if answer is None:
        return fail("answers, but is no TURN server", "look at its configuration: STUN alone is switched on")
    if answer.error == UNAUTHORIZED:
        return fail(
            "answers, but refuses a user name of ours",
            "write its secret (coturn: static-auth-secret) into [web] turn_secret_file; look at both clocks",
        )
    if answer.error:
        why = f"{answer.error} {answer.reason}".strip()
        return fail(f"answers, but gives no relay ({why})", "look at its log and at its limits")
    if not answer.asked_who:
        return warn(
            "answers and relays for everybody, without a password",
            "switch passwords on there (coturn: use-auth-secret)",
        )
    return ok("answers and relays for us")
