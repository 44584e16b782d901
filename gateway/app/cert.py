"""``crosspatch cert``: a local certificate authority and a certificate for this host.

Browsers give the microphone to secure contexts only, so a gateway in a LAN without a public name needs a
certificate that its phones are told to trust. The authority's key stays in the data directory (0600):
whoever has it can make certificates that those phones believe.
"""

import datetime as dt
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gateway.app.private_file import create_private, read_private, replace_private

CA_DAYS = 3650
HOST_DAYS = 820
"""Apple's devices refuse more than 825."""

# RFC 1123 2.1; names in other scripts are typed in their ASCII form (RFC 5891).
_HOST_NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,62})?(\.[A-Za-z0-9][A-Za-z0-9-]{0,62})*")


@dataclass(frozen=True, slots=True)
class Issued:
    """Where everything is."""

    ca: Path
    """What phones are told to trust."""
    cert: Path
    key: Path
    hosts: tuple[str, ...]


def issue(directory: Path, hosts: Sequence[str], now: dt.datetime) -> Issued:
    """Make a certificate for these names and addresses, and the authority if there is none yet.

    Raises OSError, Exposed, ValueError for a host that is neither a name nor an address.
    """
    if not hosts:
        raise ValueError("name at least one host")
    names = [_general_name(host) for host in dict.fromkeys([*hosts, "localhost", "127.0.0.1"])]
    ca_file, ca_key_file = directory / "crosspatch-ca.crt", directory / "crosspatch-ca.key"
    ca, ca_key = _authority(ca_file, ca_key_file, now)
    key = ec.generate_private_key(ec.SECP256R1())
    cert = (
        _builder(hosts[0], ca.subject, key.public_key(), now, HOST_DAYS)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
        .sign(ca_key, hashes.SHA256())
    )
    cert_file, key_file = directory / "host.crt", directory / "host.key"
    replace_private(key_file, _key_pem(key))
    replace_private(cert_file, _pem(cert) + _pem(ca))
    return Issued(ca_file, cert_file, key_file, tuple(hosts))


def instructions(issued: Issued) -> str:
    """What to do with it, for the person who typed the command."""
    return f"""\
Put this into the configuration file:

  [http]
  listen = "0.0.0.0"
  cert = "{issued.cert}"
  key = "{issued.key}"

People then open https://{issued.hosts[0]}:8080/ (or the port of [http]).

Each phone must trust {issued.ca} once:
  Android    send it the file; Settings > Security > Encryption & credentials > Install a certificate >
             CA certificate. Firefox: Settings > About Firefox, tap the logo five times, then
             Settings > Secret Settings > Use third party CA certificates.
  iPhone     send it the file by AirDrop or mail and open it; Settings > General > VPN & Device Management >
             install it; then Settings > General > About > Certificate Trust Settings > switch it on.
  Windows    certutil -user -addstore Root {issued.ca.name}
  macOS      open the file with Keychain Access, set "Always Trust" for SSL
  Linux      Chrome: certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n crosspatch -i {issued.ca.name}
             Firefox: Settings > Privacy & Security > View Certificates > Authorities > Import

Keep {issued.ca.with_suffix(".key").name} secret: who has it can pose as any site to those phones.
"""


def names_of(cert: x509.Certificate) -> list[str]:
    """Names and addresses that a certificate is for, in its own order."""
    try:
        names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [str(name.value) for name in names]


def _authority(
    ca_file: Path, key_file: Path, now: dt.datetime
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    if not key_file.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        if create_private(key_file, _key_pem(key)):
            name = "Crosspatch local authority"
            ca = (
                _builder(name, _name(name), key.public_key(), now, CA_DAYS)
                .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
                .add_extension(_signs_only(), critical=True)
                .sign(key, hashes.SHA256())
            )
            replace_private(ca_file, _pem(ca))
    key_found = serialization.load_pem_private_key(read_private(key_file), password=None)
    if not isinstance(key_found, ec.EllipticCurvePrivateKey):
        raise OSError(f"{key_file} is not a key of ours; move it away: a new authority is made")
    return x509.load_pem_x509_certificate(ca_file.read_bytes()), key_found


def _builder(
    name: str, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: dt.datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        # A phone's clock may be a little behind.
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _signs_only() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    # RFC 5280 appendix A: a common name holds at most 64 characters; the names that count are in the SAN.
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        if not _HOST_NAME.fullmatch(host):
            raise ValueError(f"found {host!r}, expected a host name or an IP address") from None
        return x509.DNSName(host)


def _pem(cert: x509.Certificate) -> bytes:
    return cert.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
