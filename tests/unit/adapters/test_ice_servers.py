"""Short-lived TURN credentials, as coturn checks them."""

import base64
import hashlib
import hmac
from pathlib import Path

import pytest

from adapters._kit.counters import Counters
from adapters.web.config import WebConfig
from adapters.web.ice_servers import IceServer, IceServers, Unusable

TURN = ("turns:turn.example.net:443?transport=tcp", "turn:turn.example.net")


def counters() -> Counters:
    return Counters("turn_credentials_total")


def config(tmp_path: Path, text: str = "north wind\n", mode: int = 0o600) -> WebConfig:
    path = tmp_path / "secret"
    path.write_text(text)
    path.chmod(mode)
    return WebConfig(turn_urls=TURN, turn_secret_file=path, turn_ttl_s=600)


def test_without_configuration_nobody_is_told_anything() -> None:
    counted = counters()
    assert IceServers.read(WebConfig(), counted).of("leg-7") == ()
    assert counted.read() == {"turn_credentials_total": 0}


def test_a_credential_is_the_hmac_of_when_it_ends_and_whose_it_is(tmp_path: Path) -> None:
    made = config(tmp_path)
    (server,) = IceServers(made, counters(), "north wind", clock=lambda: 1_000.9).of("leg-7")
    digest = hmac.new(b"north wind", b"1600:leg-7", hashlib.sha1).digest()
    assert server == IceServer(TURN, "1600:leg-7", base64.b64encode(digest).decode())
    assert IceServers.read(made, counters()).of("leg-7")[0].username.endswith(":leg-7")


def test_no_credential_stands_in_a_servers_text(tmp_path: Path) -> None:
    (server,) = IceServers.read(config(tmp_path), counters()).of("leg-7")
    assert server.credential not in repr(server)


def test_links_carry_the_credential_as_rfc_9725_writes_it(tmp_path: Path) -> None:
    servers = IceServers.read(config(tmp_path), counters())
    links = servers.links("leg-7")
    assert [link.partition(";")[0] for link in links] == [f"<{url}>" for url in TURN]
    assert all('rel="ice-server"; username="' in link for link in links)
    assert all(link.endswith('; credential-type="password"') for link in links)


def test_each_credential_that_is_handed_out_is_counted(tmp_path: Path) -> None:
    counted = counters()
    servers = IceServers.read(config(tmp_path), counted)
    servers.of("leg-7")
    servers.links("leg-8")
    assert counted.read() == {"turn_credentials_total": 2}


@pytest.mark.parametrize(("text", "mode", "why"), [("x", 0o644, "chmod 600"), ("\n", 0o600, "empty")])
def test_a_secret_that_others_can_read_or_that_is_not_there_is_refused(
    tmp_path: Path, text: str, mode: int, why: str
) -> None:
    with pytest.raises(Unusable, match=why):
        IceServers.read(config(tmp_path, text, mode), counters())


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"turn_urls": TURN}, "both or none"),
        ({"turn_secret_file": Path("secret")}, "both or none"),
        ({"turn_urls": ("stun:x",), "turn_secret_file": Path("secret")}, "turn_urls: addresses"),
        ({"ice_servers": ('stun:x>; rel="next',)}, "ice_servers: addresses"),
        ({"turn_ttl_s": 5}, "turn_ttl_s: 60 to"),
    ],
)
def test_what_cannot_work_is_refused_by_name(values: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        WebConfig(**values)  # type: ignore[arg-type]
