"""The configuration reference, made from the dataclasses and the texts below their fields."""

import ast
import importlib
import inspect
import re
import textwrap
import typing
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

_HEAD = """\
# Configuration

One TOML file, named with `--config FILE`; without it every value below stands. Over the file goes the
environment: `CROSSPATCH_{SECTION}_{KEY}`, such as `CROSSPATCH_HTTP_PORT=9090`. A key that does not exist is
an error that names the nearest one. `crosspatch check-config --config FILE` says whether a file is good, and
changes nothing.

A file to start from is [examples/crosspatch.toml](../../examples/crosspatch.toml). This page is made by
`make docs`.
"""


_SAMPLE_HEAD = """\
# Every key of the configuration with its default: this file changes nothing as it stands.
# Take what you want to change. Made by `make docs`; the same with links: docs/reference/configuration.md
"""

_GROUP_DIGITS_FROM = 10_000


@dataclass(frozen=True, slots=True)
class Field:
    key: str
    default: str
    """As TOML; empty when it must be given, or when none is the default."""
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    """As written in the file: ``[http]`` or ``[[rooms]]``."""
    text: str
    fields: tuple[Field, ...]
    items: tuple[object, ...] = ()
    """The default entries of a list of tables."""


def sections() -> Iterator[Section]:
    """The hub's own sections in their order, then one an adapter."""
    hub = importlib.import_module("gateway.app.config")
    for cls in vars(hub).values():
        if inspect.isclass(cls) and cls.__module__ == hub.__name__ and (cls.__doc__ or "").startswith("``["):
            title, _, text = (inspect.getdoc(cls) or "").partition(":")
            title = title.strip("`")
            items = tuple(getattr(hub.Config(), title.strip("[]"))) if title.startswith("[[") else ()
            yield Section(title, text[1:2].upper() + text[2:], tuple(_fields(cls)), items)
    for package in sorted(ROOT.glob("adapters/*/adapter.py")):
        name = package.parent.name
        cls = getattr(importlib.import_module(f"adapters.{name}.config"), f"{name.capitalize()}Config")
        yield Section(f"[{name}]", inspect.getdoc(cls) or "", tuple(_fields(cls)))


def tables(section: Section) -> Iterator[Section]:
    """The ``[[section.key]]`` tables that an adapter's section has; there are none by default."""
    name = section.title.strip("[]")
    if not (ROOT / "adapters" / name / "adapter.py").exists():
        return
    cls = getattr(importlib.import_module(f"adapters.{name}.config"), f"{name.capitalize()}Config")
    for hint in typing.get_type_hints(cls).values():
        of = typing.get_args(hint)[0] if typing.get_origin(hint) is tuple else None
        if is_dataclass(of) and isinstance(of, type):
            title, _, text = (inspect.getdoc(of) or "").partition(":")
            yield Section(title.strip("`"), text[1:2].upper() + text[2:], tuple(_fields(of)))


def configuration(_root: Path) -> str:
    """docs/reference/configuration.md."""
    parts = [_HEAD]
    for section in (part for whole in sections() for part in (whole, *tables(whole))):
        parts.append(f"## `{section.title}`\n\n{_markdown(section.text)}\n")
        rows = [
            f"| `{field.key}` | {f'`{field.default}`' if field.default else ''} | {_cell(field.text)} |"
            for field in section.fields
        ]
        parts.append("| key | default | meaning |\n|---|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def sample(_root: Path) -> str:
    """examples/crosspatch.toml: the same as a file to start from."""
    parts = [_SAMPLE_HEAD]
    for section in sections():
        parts.append("\n" + _comment(section.text))
        if not section.items:
            parts.append(f"{section.title}\n" + "".join(_sample_line(field) for field in section.fields))
            continue
        for number, item in enumerate(section.items):
            lines = (
                _sample_line(replace(field, default=_toml(getattr(item, field.key))), told=number == 0)
                for field in section.fields
            )
            parts.append(f"{section.title}\n{''.join(lines)}\n")
    return "".join(parts).rstrip("\n") + "\n"


def _sample_line(field: Field, *, told: bool = True) -> str:
    set_or_not = f"{field.key} = {field.default}" if field.default else f"# {field.key} ="
    return f"{_comment(field.text) if told else ''}{set_or_not}\n"


def _comment(text: str) -> str:
    words = " ".join(text.replace("``", "").split())
    return textwrap.fill(words, 108, initial_indent="# ", subsequent_indent="# ") + "\n"


def _fields(cls: type) -> Iterator[Field]:
    texts = _texts_below_fields(cls)
    for item in fields(cls):
        yield Field(
            item.name, "" if item.default is MISSING else _toml(item.default), texts.get(item.name, "")
        )


def _texts_below_fields(cls: type) -> dict[str, str]:
    (definition,) = ast.parse(inspect.getsource(cls)).body
    if not isinstance(definition, ast.ClassDef):
        raise TypeError(f"{cls.__name__} is not a class definition")
    texts = {}
    for field, below in zip(definition.body, definition.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
            and isinstance(below.value.value, str)
        ):
            texts[field.target.id] = inspect.cleandoc(below.value.value)
    return texts


def _toml(value: Any) -> str:  # noqa: ANN401 - whatever a field's default is
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Enum):
        return f'"{value.value}"'
    if isinstance(value, str | Path):
        return f'"{value}"'
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(part) for part in value) + "]"
    return f"{value:_}" if isinstance(value, int) and value >= _GROUP_DIGITS_FROM else str(value)


def _markdown(text: str) -> str:
    return re.sub(r"``(.+?)``", r"`\1`", text)


def _cell(text: str) -> str:
    return _markdown(" ".join(text.split())).replace("|", "\\|")
