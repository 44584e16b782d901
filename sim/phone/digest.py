"""Answers a digest challenge (RFC 7616, RFC 8760)."""

import hashlib
import re
import secrets

_PART = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')
_HASHES = {"SHA-256": hashlib.sha256, "MD5": hashlib.md5}


def authorization(challenge: str, user: str, password: str, method: str, uri: str) -> str:
    """The value of Authorization for a WWW-Authenticate."""
    parts = {name.lower(): quoted or bare for name, quoted, bare in _PART.findall(challenge)}
    algorithm = parts.get("algorithm", "MD5")
    nonce, realm, cnonce = parts["nonce"], parts["realm"], secrets.token_hex(8)

    def hashed(text: str) -> str:
        return _HASHES[algorithm](text.encode()).hexdigest()

    ha1, ha2 = hashed(f"{user}:{realm}:{password}"), hashed(f"{method}:{uri}")
    response = hashed(f"{ha1}:{nonce}:00000001:{cnonce}:auth:{ha2}")
    return (
        f'Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", response="{response}", '
        f'algorithm={algorithm}, cnonce="{cnonce}", qop=auth, nc=00000001'
    )
