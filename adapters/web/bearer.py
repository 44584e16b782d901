"""``Authorization: Bearer`` of the HTTP doors (RFC 6750 section 2.1)."""

from aiohttp import web

from adapters.web.problem import problem, refused
from gateway.model.grants import Grants
from gateway.model.refusal import Refusal
from gateway.ports.hub import Hub

TOKEN_CHARS_MAX = 4096


def bearer_of(request: web.Request) -> str:
    """The bearer as it was sent, whatever it is worth; empty when there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def grants_of(request: web.Request, hub: Hub) -> Grants | web.Response:
    """What the bearer may do, or the response that says what is wrong with it."""
    token = bearer_of(request)
    if not token:
        return problem(
            401,
            "send a bearer token: Authorization: Bearer ... (crosspatch token prints one)",
            headers={"WWW-Authenticate": 'Bearer realm="crosspatch"'},
        )
    if len(token) > TOKEN_CHARS_MAX:
        return problem(401, "this is no token of this gateway", headers={"WWW-Authenticate": "Bearer"})
    granted = hub.grants(token)
    if isinstance(granted, Refusal):
        # Whatever is wrong with a token, over HTTP it is one answer (RFC 6750 section 3.1).
        response = refused(granted)
        response.set_status(401)
        response.headers["WWW-Authenticate"] = 'Bearer realm="crosspatch", error="invalid_token"'
        return response
    return granted
