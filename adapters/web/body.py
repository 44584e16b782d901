"""Reading a request's body: bounded in size by the server, in time here."""

import asyncio

from aiohttp import web

from adapters.web.problem import problem


async def text_of(request: web.Request, media_type: str, timeout_s: float) -> str | web.Response:
    """The body as text, or the response that says what is wrong with it (415, 413, 408, 400)."""
    if request.content_type != media_type:
        return problem(415, f"send {media_type}", headers={"Accept": media_type})
    if request.headers.get("Content-Encoding", "identity") != "identity":
        return problem(
            415, "send the body without a content encoding", headers={"Accept-Encoding": "identity"}
        )
    try:
        async with asyncio.timeout(timeout_s):
            data = await request.read()
    except TimeoutError:
        return problem(408, "the body did not arrive in time", headers={"Connection": "close"})
    except web.HTTPRequestEntityTooLarge:
        return problem(413, "the body is too large")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return problem(400, "the body is not UTF-8")
