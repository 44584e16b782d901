"""A local authority and a certificate that a browser accepts for the names asked for."""

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from pathlib import Path

import pytest
from cryptography import x509

from gateway.app.cert import HOST_DAYS, instructions, issue
from gateway.app.private_file import Exposed

NOW = dt.datetime.now(dt.UTC)


def names(path: Path) -> x509.SubjectAlternativeName:
    cert = x509.load_pem_x509_certificate(path.read_bytes())
    return cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value


def test_the_certificate_is_for_the_hosts_named_and_for_loopback(tmp_path: Path) -> None:
    issued = issue(tmp_path, ["hub.local", "192.0.2.7"], NOW)
    assert names(issued.cert).get_values_for_type(x509.DNSName) == ["hub.local", "localhost"]
    assert [str(a) for a in names(issued.cert).get_values_for_type(x509.IPAddress)] == [
        "192.0.2.7",
        "127.0.0.1",
    ]


def test_who_trusts_the_authority_accepts_the_certificate(tmp_path: Path) -> None:
    issued = issue(tmp_path, ["hub.local"], NOW)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(issued.cert, issued.key)
    client = ssl.create_default_context(cafile=str(issued.ca))
    near, far = socket.socketpair()

    def answer() -> None:
        with server.wrap_socket(far, server_side=True) as tls:
            tls.recv(1)

    thread = threading.Thread(target=answer)
    thread.start()
    with client.wrap_socket(near, server_hostname="hub.local") as tls:
        assert tls.getpeercert()
        tls.send(b"x")
    thread.join()


def test_a_second_certificate_is_of_the_same_authority(tmp_path: Path) -> None:
    ca = issue(tmp_path, ["one.local"], NOW).ca.read_bytes()
    assert issue(tmp_path, ["two.local"], NOW).ca.read_bytes() == ca


def test_keys_are_for_the_gateway_only_and_an_exposed_one_is_refused(tmp_path: Path) -> None:
    issued = issue(tmp_path, ["hub.local"], NOW)
    for key in (issued.key, issued.ca.with_suffix(".key")):
        assert key.stat().st_mode & 0o077 == 0
    issued.ca.with_suffix(".key").chmod(0o644)
    with pytest.raises(Exposed, match="chmod 600"):
        issue(tmp_path, ["hub.local"], NOW)


def test_it_is_not_valid_longer_than_phones_allow(tmp_path: Path) -> None:
    cert = x509.load_pem_x509_certificate(issue(tmp_path, ["hub.local"], NOW).cert.read_bytes())
    assert cert.not_valid_after_utc - NOW <= dt.timedelta(days=HOST_DAYS)


@pytest.mark.parametrize("host", ["", "büro.local", "hub local"])
def test_what_is_no_host_is_refused(tmp_path: Path, host: str) -> None:
    with pytest.raises(ValueError, match="host"):
        issue(tmp_path, [host], NOW)


def test_the_person_is_told_what_to_configure_and_how_a_phone_trusts_it(tmp_path: Path) -> None:
    issued = issue(tmp_path, ["hub.local"], NOW)
    told = instructions(issued)
    for part in (
        f'cert = "{issued.cert}"',
        f'key = "{issued.key}"',
        str(issued.ca),
        "https://hub.local",
        "iPhone",
    ):
        assert part in told
    assert ipaddress.ip_address("127.0.0.1") in names(issued.cert).get_values_for_type(x509.IPAddress)
