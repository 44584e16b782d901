"""Which pages may talk to this gateway from a browser.

A browser sends ``Origin`` with every WebSocket handshake; programs need not. The check keeps a
foreign page from using a person's browser; who the person is, the token says.
"""

from urllib.parse import urlsplit

from aiohttp import web

_DEFAULT_PORTS = {"http": 80, "https": 443}


def allowed(request: web.Request, origins: tuple[str, ...]) -> bool:
    """No origin (not a browser), the origin of this very address, or a listed one."""
    origin = request.headers.get("Origin")
    if origin is None or origin in origins:
        return True
    try:
        page = urlsplit(origin)
        # The scheme is the page's: behind a proxy that ends TLS the request itself is plain HTTP.
        here = urlsplit(f"{page.scheme}://{request.headers.get('Host', '')}")
        default = _DEFAULT_PORTS[page.scheme]
        same_port = (page.port or default) == (here.port or default)
    except (ValueError, KeyError):
        return False
    return page.hostname is not None and page.hostname == here.hostname and same_port
