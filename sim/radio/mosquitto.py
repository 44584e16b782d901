"""Mosquitto as an operator runs it apart from the hub: TLS, certificates of one authority, ACL by name."""

import asyncio
import contextlib
import datetime as dt
import ipaddress
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_START_S = 10.0
_PROGRAM = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


class Authority:
    """Issues certificates below ``folder``: ``ca.pem``, and ``{name}.pem`` with ``{name}.key``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("site authority")
        self.certificate = folder / "ca.pem"
        ca = self._sign(_builder(self._name, self._name, self._key.public_key(), is_ca=True))
        self.certificate.write_bytes(ca.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str) -> tuple[Path, Path]:
        """Certificate and key for this common name, good for 127.0.0.1."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(name), self._name, key.public_key(), is_ca=False).add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        cert_path, key_path = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        cert_path.write_bytes(self._sign(builder).public_bytes(serialization.Encoding.PEM))
        key_path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        key_path.chmod(0o600)
        return cert_path, key_path

    def _sign(self, builder: x509.CertificateBuilder) -> x509.Certificate:
        return builder.sign(self._key, hashes.SHA256())


@asynccontextmanager
async def tls_broker(
    folder: Path, authority: Authority, passwords: Mapping[str, str] | None = None
) -> AsyncIterator[int]:
    """Its port on 127.0.0.1; who connects is who its certificate says, or has one of ``passwords``."""
    cert, key = authority.issue("broker")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    (folder / "access").write_text(
        "user hub\ntopic readwrite rb/1/#\n"
        "user hub-ctl\ntopic readwrite rb/1/#\n"
        "pattern write rb/1/%u/up/#\npattern read rb/1/%u/dn/#\n"
        "user hill\ntopic read rb/1/hub/#\n"
    )
    lines = [
        f"listener {port} 127.0.0.1",
        f"cafile {authority.certificate}",
        f"certfile {cert}",
        f"keyfile {key}",
        "tls_version tlsv1.2",
        *_knows_by(folder, passwords),
        "allow_anonymous false",
        f"acl_file {folder / 'access'}",
        "set_tcp_nodelay true",
        "max_packet_size 8192",
        "persistence false",
    ]
    if os.geteuid() == 0:
        lines.append("user root")
    (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")
    process = await asyncio.create_subprocess_exec(
        _PROGRAM or "mosquitto",
        *("-c", str(folder / "mosquitto.conf")),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(_START_S):
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    break
                await asyncio.sleep(0.02)
        yield port
    finally:
        process.terminate()
        await process.wait()


def _knows_by(folder: Path, passwords: Mapping[str, str] | None) -> list[str]:
    if passwords is None:
        return ["require_certificate true", "use_identity_as_username true"]
    users = folder / "users"
    users.touch(mode=0o600)
    for name, password in passwords.items():
        subprocess.run(
            ["mosquitto_passwd", "-b", str(users), name, password], check=True, capture_output=True
        )
    return [f"password_file {users}", "use_username_as_clientid true"]


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, *, is_ca: bool
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
    )
