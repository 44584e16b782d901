"""The pages: the console at ``/`` and ``/join/{token}``, the responder page at ``/r/{room}``.

The front end is built by ``make setup`` into ``static/``; hashed files in ``static/assets`` never
change under their name. A token in an address is never sent on (Referrer-Policy) nor logged.
"""

import re
from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).parent / "static"

_FILE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")

_CONTENT_POLICY = "; ".join(  # noqa: FLY002 - one rule a line
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "media-src 'self' blob:",
        "worker-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
PAGE_HEADERS = {
    "Content-Security-Policy": _CONTENT_POLICY,
    "Permissions-Policy": "microphone=(self), camera=(self), display-capture=(self), geolocation=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}

_NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Crosspatch: page not built</title>
<h1>The gateway runs, but its page was not built.</h1>
<p>In the source tree run <code>make setup</code> (it needs Node.js 20), then load this page again.
An installed wheel has the page inside.</p>
</html>
"""


class Pages:
    """Serves the built front end from ``static``."""

    def __init__(self, static: Path = STATIC) -> None:
        self._static = static

    def routes(self) -> list[web.RouteDef]:
        """Every address of a page gives the same document; the application reads the address."""
        return [
            *(web.get(path, self._console) for path in ("/", "/join/{token}")),
            web.get("/r/{room}", self._responder),
            web.get("/assets/{file}", self._asset),
            web.get("/{file}", self._file),
        ]

    async def _console(self, _request: web.Request) -> web.StreamResponse:
        return self._page("console.html")

    async def _responder(self, _request: web.Request) -> web.StreamResponse:
        return self._page("index.html")

    def _page(self, name: str) -> web.StreamResponse:
        page = self._static / name
        if not page.is_file():
            return web.Response(status=503, text=_NOT_BUILT, content_type="text/html", headers=PAGE_HEADERS)
        return web.FileResponse(page, headers=PAGE_HEADERS)

    async def _asset(self, request: web.Request) -> web.StreamResponse:
        return self._send("assets/" + _name(request), _IMMUTABLE)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """The few files without a hash: icon, manifest, service worker."""
        return self._send(_name(request), {"Cache-Control": "no-cache"})

    def _send(self, path: str, headers: dict[str, str]) -> web.StreamResponse:
        file = self._static / path
        if not file.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(file, headers=headers)


def _name(request: web.Request) -> str:
    """One plain name: no separator, no leading dot, so that nothing above ``static`` can be named."""
    name = request.match_info["file"]
    if not _FILE_NAME.fullmatch(name):
        raise web.HTTPNotFound
    return name
