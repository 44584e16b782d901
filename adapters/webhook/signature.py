"""Signatures as the Standard Webhooks specification 1.0 has them: HMAC-SHA256 over id, time and body."""

import base64
import binascii
import hashlib
import hmac

PREFIX = "whsec_"
KEY_BYTES_MIN = 24
"""Of the specification, which recommends up to 64."""


class BadKey(Exception):
    """The secret is none; the text says what it should be and never holds it."""


def key_of(secret: str) -> bytes:
    """The key in ``whsec_`` and base64. Raises BadKey."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadKey(_WANTED) from error
    if not secret.startswith(PREFIX) or len(key) < KEY_BYTES_MIN:
        raise BadKey(_WANTED)
    return key


_WANTED = (
    f"a secret is {PREFIX} and at least {KEY_BYTES_MIN} random bytes in base64; type: "
    f"(umask 077; echo {PREFIX}$(head -c 32 /dev/urandom | base64) > FILE)"
)


def headers(key: bytes, message: str, at: int, body: bytes) -> dict[str, str]:
    """``message``: its id, the same at every attempt. ``at``: UTC seconds of this attempt."""
    signed = hmac.new(key, f"{message}.{at}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": message,
        "webhook-timestamp": str(at),
        "webhook-signature": "v1," + base64.b64encode(signed).decode(),
    }
