"""A link that a phone can open, and its QR code on a terminal and on paper.

Of a link to one room the bearer is the fragment: that part of an address never travels to a server, so that
no proxy on the way has it in its log.
"""

import io
import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

import segno
from cryptography import x509

from gateway.app.cert import names_of
from gateway.app.config import Config, is_loopback
from gateway.app.private_file import create_private
from gateway.model.grants import Grants

_BORDER = 4
"""ISO/IEC 18004 6.3.8: modules of quiet zone on each side."""
_HALVES = " ▄▀█"
"""Two modules in one character, by 2 * upper + lower."""
_BLACK_ON_WHITE, _PLAIN = "\x1b[30;107m", "\x1b[0m"


class NoAddress(Exception):
    """No address is known under which another machine reaches this gateway; the text says what to name."""


def base_address(config: Config) -> str:
    """Such as ``https://gateway.example.lan:8443``: the name that the certificate is for.

    Raises NoAddress, OSError.
    """
    http = config.http
    if is_loopback(http.listen):
        raise NoAddress(
            f"the gateway listens on {http.listen}, which only this machine reaches; "
            "set [http] listen and a certificate (crosspatch cert --host NAME), or name the address others "
            "use: --base-url"
        )
    if http.cert is None:
        raise NoAddress("TLS is done by a proxy, whose name is not known here; name its address: --base-url")
    if http.port == 0:
        raise NoAddress("[http] port is any free one; set it, or name the address: --base-url")
    try:
        names = names_of(x509.load_pem_x509_certificate(http.cert.read_bytes()))
    except ValueError as error:
        raise NoAddress(f"{http.cert} is no PEM certificate; type: crosspatch cert --host NAME") from error
    name = next(filter(_reaches_here, names), None)
    if name is None:
        raise NoAddress(
            f"{http.cert} names {', '.join(names) or 'nobody'}, nothing that another machine can open; "
            "type: crosspatch cert --host NAME, or name the address: --base-url"
        )
    return f"https://{f'[{name}]' if ':' in name else name}:{http.port}"


def checked_base(url: str) -> str:
    """An address that was typed, without the slash at its end. Raises ValueError."""
    parts = urlsplit(url)
    host, port = parts.hostname, parts.port
    if (
        parts.scheme not in {"http", "https"}
        or not host
        or port == 0
        or parts.username is not None
        or parts.path not in {"", "/"}
        or parts.query
        or parts.fragment
    ):
        raise ValueError(f"found {url!r}, expected an address such as https://gateway.example.lan:8443")
    if parts.scheme == "http" and _reaches_here(host):
        raise ValueError(f"found {url!r}, expected https: browsers give the microphone to no other page")
    return f"{parts.scheme}://{parts.netloc}"


def link(base: str, grants: Grants, bearer: str) -> str:
    """The responder page of the one room that the bearer is for; for several rooms, the console."""
    if grants.rooms is not None and len(grants.rooms) == 1:
        return f"{base}/r/{next(iter(grants.rooms))}#token={bearer}"
    return f"{base}/join/{bearer}"


def on_terminal(text: str) -> str:
    """Two rows of modules a line, black on white whatever the terminal's own colours are."""
    rows = [list(row) for row in _code(text).matrix_iter(border=_BORDER)]
    rows += [[0] * len(rows[0])] * (len(rows) % 2)
    lines = (
        "".join(_HALVES[2 * bool(upper) + bool(lower)] for upper, lower in zip(*pair, strict=True))
        for pair in zip(rows[::2], rows[1::2], strict=True)
    )
    return "\n".join(f"{_BLACK_ON_WHITE}{line}{_PLAIN}" for line in lines)


def write_svg(text: str, path: Path) -> None:
    """A new file, for its owner only: who sees the code has the rights in it. Raises OSError."""
    out = io.BytesIO()
    _code(text).save(out, kind="svg", scale=8, border=_BORDER, light="white")
    if not create_private(path, out.getvalue()):
        raise FileExistsError(f"{path} is there already; it is not written over")


def _code(text: str) -> segno.QRCode:
    # Level M (15 % may be spoiled): paper gets folded, and it still fits a terminal of 80 columns.
    return segno.make_qr(text, error="m", boost_error=False)


def _reaches_here(name: str) -> bool:
    """Whether a name of a certificate may lead another machine here."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return name != "localhost" and not name.startswith("*")
    return not (address.is_loopback or address.is_unspecified)
