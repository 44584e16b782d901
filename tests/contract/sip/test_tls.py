"""SIP over TLS: the certificate is read again when its file changes; a bad one replaces no good one."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sim.peers.certificate import make_certificate
from sim.phone import Phone
from tests.contract.sip.world import PASSWORD, World, sip_config, world


@asynccontextmanager
async def with_tls(folder: Path, identity: Path) -> AsyncIterator[World]:
    config = sip_config(listen_tls=("127.0.0.1:0",), cert=identity, key=identity)
    async with world(folder, config) as running:
        yield running


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def shown(gateway: World) -> bytes:
    """The certificate that a new connection is shown."""
    _, writer = await asyncio.open_connection(*gateway.address("tls"), ssl=trusting())
    certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return bytes(certificate)


async def test_new_connections_get_a_changed_certificate_and_open_ones_go_on(tmp_path: Path) -> None:
    identity, second = tmp_path / "identity.pem", make_certificate()
    identity.write_text(make_certificate().pem)
    async with with_tls(tmp_path, identity) as gateway:
        server = gateway.address("tls")
        async with Phone.open(server, "101", PASSWORD, kind="tls", context=trusting()) as phone:
            assert await phone.register() == 200
            first = await shown(gateway)
            identity.write_text(second.pem)
            await gateway.until(lambda: gateway.counter("certificate_reloads_total") == 1)
            assert await shown(gateway) == ssl.PEM_cert_to_DER_cert(
                second.pem.partition("-----BEGIN PRIV")[0]
            )
            assert await shown(gateway) != first
            assert await phone.register() == 200


async def test_a_certificate_that_cannot_be_used_is_reported_and_the_old_one_stays(tmp_path: Path) -> None:
    identity = tmp_path / "identity.pem"
    identity.write_text(make_certificate().pem)
    async with with_tls(tmp_path, identity) as gateway:
        first = await shown(gateway)
        for errors, damage in enumerate((lambda: identity.write_text("nonsense"), identity.unlink), 1):
            damage()
            await gateway.until(lambda errors=errors: gateway.counter("certificate_errors_total") == errors)
            assert await shown(gateway) == first


async def test_a_certificate_that_cannot_be_used_at_the_start_is_named(tmp_path: Path) -> None:
    identity = tmp_path / "identity.pem"
    identity.write_text("nonsense")
    with pytest.RaisesGroup(pytest.RaisesExc(ValueError, match="identity.pem"), flatten_subgroups=True):
        async with with_tls(tmp_path, identity):
            pass
