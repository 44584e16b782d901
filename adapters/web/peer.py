"""Whose request this is: the TCP peer, or whom the named proxy forwards for."""

from aiohttp import web


def address_of(request: web.Request, proxy: str) -> str:
    """An IP address as text. Behind ``proxy`` it is the last entry of X-Forwarded-For, the one that the
    proxy itself wrote; entries before it are the client's own claims.
    """
    peer = request.remote or ""
    if not proxy or peer != proxy:
        return peer
    forwarded = request.headers.getall("X-Forwarded-For", [])
    return forwarded[-1].rpartition(",")[2].strip() if forwarded else peer
