"""A stable fingerprint of nested plain state, so that two runs can be compared."""

import hashlib
from dataclasses import fields, is_dataclass
from enum import Enum


def digest(state: object) -> str:
    """SHA-256 (hex) of the state; equal state has an equal digest in every process.

    Dict order is part of the state, because it decides the order of effects; set order is not.
    Functions (a policy) are not state and are left out. An object with a method ``digested`` says itself what
    of it is state.
    """
    return hashlib.sha256(_canonical(state).encode()).hexdigest()


def _canonical(value: object) -> str:  # noqa: PLR0911 - one a kind of value
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return repr(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_canonical(k)}:{_canonical(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_canonical, value)) + "]"
    if isinstance(value, set | frozenset):
        return "<" + ",".join(sorted(map(_canonical, value))) + ">"
    digested = getattr(value, "digested", None)
    if digested is not None:
        return type(value).__name__ + _canonical(digested())
    if is_dataclass(value):
        named = ((f.name, getattr(value, f.name)) for f in fields(value))
    else:
        named = ((name, part) for name, part in vars(value).items() if not callable(part))
    return type(value).__name__ + "(" + ",".join(f"{name}={_canonical(part)}" for name, part in named) + ")"
