"""A DTLS identity with an ECDSA key, for a peer whose own default is RSA.

RFC 8827 section 6.5 makes ECDSA with P-256 the certificate that everybody supports; GStreamer before 1.24
makes RSA ones, which the gateway's DTLS does not take.
"""

import datetime as dt
import re
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True)
class Certificate:
    """Certificate and private key as PEM, and the certificate's SHA-256 fingerprint as SDP writes it."""

    pem: str
    fingerprint: str

    def fingerprinted(self, sdp: str) -> str:
        """The description with this certificate's fingerprint in place of its own (RFC 8122)."""
        return re.sub(r"a=fingerprint:\S+ \S+", f"a=fingerprint:sha-256 {self.fingerprint}", sdp)


def make_certificate() -> Certificate:
    """Self-signed, good for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "peer")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Certificate(
        pem=(made.public_bytes(serialization.Encoding.PEM) + private).decode(),
        fingerprint=made.fingerprint(hashes.SHA256()).hex(":").upper(),
    )
