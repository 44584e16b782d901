"""The OpenAPI 3.1 document, made from the table of operations."""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from adapters.web.api import shapes
from adapters.web.api.operations import ROOT, Operation
from adapters.web.api.read import IDEMPOTENCY_KEY, KEY_PATTERN

_PROBLEMS = {
    400: "The request is not of the form that is written here",
    401: "No bearer token, or none that is good",
    403: "The token has no right to this",
    404: "No such room or member, as far as the token may know",
    409: "Not possible as things are now, or the Idempotency-Key was used for another request",
    429: "Too many requests of this token",
    503: "A limit of the gateway is reached; try again",
}
_WITH_BODY = {
    408: "The body did not arrive in time",
    413: "The body is too long",
    415: "The body is not application/json",
}


def document(operations: Iterable[Operation]) -> bytes:
    """As it is served."""
    table = tuple(operations)
    used = {
        shape
        for one in table
        for shape in (one.body, one.result, one.query, shapes.Where, shapes.Problem)
        if shape
    }
    ordered = sorted(used, key=lambda shape: shape.__name__)
    _, schemas = msgspec.json.schema_components(ordered, ref_template="#/components/schemas/{name}")
    parts = {name: schemas.pop(name)["properties"] for name in ("Where", "Page")}
    schemas.pop("NoQuery")
    paths: dict[str, dict[str, Any]] = {}
    for one in table:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, parts)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Crosspatch",
                "version": "1",
                "summary": "Rooms of a dispatch gateway, for applications",
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": ROOT}],
            "security": [{"bearer": []}],
            "paths": paths,
            "components": {
                "schemas": schemas,
                "securitySchemes": {
                    "bearer": {
                        "type": "http",
                        "scheme": "bearer",
                        "description": "`crosspatch token` with the right `api` and what operations need",
                    }
                },
            },
        }
    )


def _operation(one: Operation, parts: dict[str, Any]) -> dict[str, Any]:
    problems = dict(_PROBLEMS)
    told: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "description": f"Needs the rights `api` and `{one.verb}`.",
    }
    told["parameters"] = [
        {"name": name, "in": "path", "required": True, "schema": _bare(parts["Where"][name])}
        for name in re.findall(r"{(\w+)}", one.path)
    ]
    if one.query is shapes.Page:
        told["parameters"] += [
            {"name": name, "in": "query", "schema": _queried(schema)}
            for name, schema in parts["Page"].items()
        ]
    if one.method == "POST":
        told["parameters"].append(
            {
                "name": IDEMPOTENCY_KEY,
                "in": "header",
                "description": "Sent again with the same key and body, it is answered again and done once",
                "schema": {"type": "string", "pattern": KEY_PATTERN},
            }
        )
    if one.body is not None:
        problems |= _WITH_BODY
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(one.body)}}}
    done: dict[str, Any] = {"description": "Done"}
    if one.result is not None:
        done["content"] = {"application/json": {"schema": _ref(one.result)}}
    problem = {"application/problem+json": {"schema": _ref(shapes.Problem)}}
    told["responses"] = {str(one.status): done} | {
        str(status): {"description": text, "content": problem} for status, text in sorted(problems.items())
    }
    return told


def _ref(shape: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{shape.__name__}"}


def _bare(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != "default"}


def _queried(schema: dict[str, Any]) -> dict[str, Any]:
    """Left out is how null is said behind ``?``."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    return kinds[0] if kinds else schema
