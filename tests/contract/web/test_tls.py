"""HTTPS: the certificate is read again when its files change; a bad one does not replace a good one."""

import asyncio
import datetime as dt
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.app.config import HttpConfig
from tests.contract.web.world import World, running, until


def write_certificate(directory: Path, name: str) -> HttpConfig:
    """A self-signed pair for 127.0.0.1 under fixed file names."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = directory / "cert.pem", directory / "key.pem"
    cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return HttpConfig(port=0, cert=cert_file, key=key_file)


async def served_name(world: World) -> str:
    """Common name of the certificate that a new connection is shown."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    host, port = world.url.removeprefix("https://").rstrip("/").split(":")
    _, writer = await asyncio.open_connection(host, int(port), ssl=context)
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    names = x509.load_der_x509_certificate(shown).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value)


async def test_a_changed_certificate_is_served_to_new_connections(tmp_path: Path) -> None:
    http = write_certificate(tmp_path, "first")
    async with running(tmp_path, http=http) as world:
        assert world.url.startswith("https://")
        assert await served_name(world) == "first"
        write_certificate(tmp_path, "second")
        await until(lambda: world.counter("certificate_reloads_total") == 1)
        assert await served_name(world) == "second"


async def test_a_certificate_that_does_not_fit_its_key_is_reported_and_not_used(tmp_path: Path) -> None:
    http = write_certificate(tmp_path, "first")
    assert http.cert is not None
    async with running(tmp_path, http=http) as world:
        http.cert.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
        await until(lambda: world.counter("certificate_errors_total") == 1)
        assert await served_name(world) == "first"


async def test_a_certificate_that_cannot_be_used_at_the_start_is_named(tmp_path: Path) -> None:
    http = write_certificate(tmp_path, "first")
    assert http.cert is not None
    http.cert.write_text("nonsense")
    with pytest.RaisesGroup(pytest.RaisesExc(OSError, match="cert.pem"), flatten_subgroups=True):
        async with running(tmp_path, http=http):
            pass
