"""Refusals over HTTP: problem details (RFC 9457) with our own stable ``code`` beside the status."""

import json
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web

from gateway.model.refusal import Refusal, RefusalCode

_STATUS: dict[RefusalCode, int] = {
    RefusalCode.UNKNOWN_ROOM: 404,
    RefusalCode.ROOM_FULL: 503,
    RefusalCode.NOT_ALLOWED: 403,
    RefusalCode.EXPIRED: 401,
    RefusalCode.NOT_IN_ROOM: 409,
    RefusalCode.FLOOR_BUSY: 409,
    RefusalCode.QUEUE_FULL: 409,
    RefusalCode.WAITED_TOO_LONG: 409,
    RefusalCode.CANCELLED: 409,
    RefusalCode.PENALTY: 409,
    RefusalCode.NO_FLOOR: 409,
    RefusalCode.MUTED: 409,
    RefusalCode.WHISPERING: 409,
    RefusalCode.TALKING: 409,
    RefusalCode.OVERHEARD: 409,
    RefusalCode.FORBIDDEN: 403,
    RefusalCode.NO_MEDIA: 409,
    RefusalCode.UNKNOWN_MEMBER: 404,
    RefusalCode.NOT_REMOVABLE: 409,
    RefusalCode.ROOM_CONFIGURED: 409,
    RefusalCode.ROOM_IN_USE: 409,
    RefusalCode.BAD_OFFER: 422,
    RefusalCode.TOO_MANY: 503,
    RefusalCode.INVALID: 400,
    RefusalCode.INTERNAL: 500,
}


def problem(
    status: int, detail: str, *, code: str = "", headers: Mapping[str, str] | None = None, wait_ms: int = 0
) -> web.Response:
    """``detail`` says what to do, in English, and quotes nothing that the peer sent."""
    body = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    if code:
        body["code"] = code
    if wait_ms:
        body["wait_ms"] = wait_ms
    return web.Response(
        status=status,
        text=json.dumps(body) + "\n",
        content_type="application/problem+json",
        headers=headers,
    )


def refused(refusal: Refusal, wait_ms: int = 0) -> web.Response:
    """A refusal of the hub; ``wait_ms``: for how long it will be the same."""
    status = _STATUS[refusal.code]
    headers = {}
    if status == HTTPStatus.UNAUTHORIZED:
        # RFC 6750 section 3.1
        headers["WWW-Authenticate"] = 'Bearer realm="crosspatch", error="invalid_token"'
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "5"
    detail = refusal.detail or refusal.code.value
    return problem(status, detail, code=refusal.code.value, headers=headers, wait_ms=wait_ms)
