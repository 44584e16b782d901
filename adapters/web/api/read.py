"""Reading a request into Structs: address, query, header and body."""

import re
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from adapters.web.api import shapes
from adapters.web.problem import problem

IDEMPOTENCY_KEY = "Idempotency-Key"
KEY_PATTERN = "^[A-Za-z0-9._:-]{1,64}$"
_KEY = re.compile(KEY_PATTERN.removesuffix("$") + r"\Z")
_INTEGERS_BELOW = 2**53

T = TypeVar("T", bound=msgspec.Struct)


class Wrong(Exception):
    """The request is not of the form that the operation has; ``response`` says so."""

    def __init__(self, response: web.Response) -> None:
        super().__init__(response.status)
        self.response = response


def read_address(request: web.Request) -> shapes.Where:
    """The variable parts. Raises Wrong."""
    try:
        return msgspec.convert(dict(request.match_info), shapes.Where)
    except msgspec.ValidationError:
        raise Wrong(problem(404, "no such address", code="unknown_room")) from None


def read_query(request: web.Request, shape: type[T]) -> T:
    """Each name once, no others than the operation has. Raises Wrong."""
    if len(request.query) != len(set(request.query)):
        raise _invalid("a parameter stands twice behind ?")
    try:
        return msgspec.convert(dict(request.query), shape, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid(f"behind ?: {_told(error)}") from None


def read_body(text: str, shape: type[T]) -> T:
    """JSON; ``166.0`` is an integer, as JSON Schema has it. Raises Wrong."""
    try:
        return msgspec.convert(_integral(msgspec.json.decode(text)), shape)
    except msgspec.ValidationError as error:
        raise _invalid(f"in the body: {_told(error)}") from None
    except (msgspec.DecodeError, RecursionError):
        raise _invalid("the body is no JSON") from None


def read_key(request: web.Request) -> str | None:
    """The Idempotency-Key, if there is one. Raises Wrong."""
    keys = request.headers.getall(IDEMPOTENCY_KEY, [])
    if not keys:
        return None
    if len(keys) > 1 or not _KEY.match(keys[0]):
        raise _invalid(f"send one {IDEMPOTENCY_KEY} of the form {KEY_PATTERN}")
    return keys[0]


def _invalid(detail: str) -> Wrong:
    return Wrong(problem(400, detail, code="invalid"))


def _integral(body: Any) -> Any:  # noqa: ANN401 - any JSON
    if not isinstance(body, dict):
        return body
    return {
        name: int(value)
        if isinstance(value, float) and value.is_integer() and abs(value) < _INTEGERS_BELOW
        else value
        for name, value in body.items()
    }


def _told(error: msgspec.ValidationError) -> str:
    """Msgspec names a member that it does not know; a refusal quotes nothing that was sent."""
    text = str(error)
    return "a member that the operation does not have" if "unknown field" in text else text
