"""Reads the configuration file and the environment into ``Config``.

All problems are found in one go. Each names the file (or variable), the key, what was found, what is
expected, and for an unknown key the likely right one.
"""

import dataclasses
import difflib
import os
import tomllib
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from gateway.app.config import (
    Config,
    HttpConfig,
    LimitsConfig,
    LogConfig,
    MediaConfig,
    RoomConfig,
    StoreConfig,
)
from gateway.app.config_rules import broken_rules

ENV_PREFIX = "CROSSPATCH_"
_SHOWN_LEN_MAX = 60
T = TypeVar("T")

_OWN: dict[str, type] = {
    "http": HttpConfig,
    "media": MediaConfig,
    "store": StoreConfig,
    "limits": LimitsConfig,
    "log": LogConfig,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong."""

    where: str
    """File name or environment variable."""
    key: str
    """Such as ``[http] port``; empty if it is the whole file."""
    found: str
    expected: str
    hint: str = ""

    def __str__(self) -> str:
        key = f"{self.key}: " if self.key else ""
        hint = f"\n  hint: {self.hint}" if self.hint else ""
        return f"{self.where}: {key}found {self.found}, expected {self.expected}{hint}"


class ConfigError(Exception):
    """The configuration cannot be used."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def read_config(
    path: Path | None,
    environment: Mapping[str, str],
    adapter_sections: Mapping[str, type],
    *,
    rules: bool = True,
) -> Config:
    """The configuration of this file (None: defaults) and environment. Raises ConfigError.

    ``adapter_sections``: frozen dataclass by adapter name. ``rules`` False: types and keys only.
    """
    reader = _Reader(str(path) if path else "defaults", {**adapter_sections, **_OWN})
    document = {} if path is None else _load(path)
    rooms = reader.rooms(document.pop("rooms", None))
    tables = reader.tables(document)
    reader.overlay(tables, environment)
    sections = {name: reader.build(name, cls, tables.get(name, {})) for name, cls in reader.sections.items()}
    # A section that could not be built stands in with its defaults, so that the rules find the rest.
    built = {name: sections[name] for name in _OWN if sections[name] is not None}
    adapters = {name: sections[name] for name in adapter_sections}
    config = dataclasses.replace(Config(adapters=adapters, source=path), **built)
    if rooms is not None:
        config = dataclasses.replace(config, rooms=rooms)
    for broken in broken_rules(config) if rules else ():
        reader.problem(broken.key, broken.found, broken.expected, broken.hint)
    if reader.problems:
        raise ConfigError(reader.problems)
    return config


def read_table(path: Path, cls: type[T]) -> T:
    """A whole file as one frozen dataclass, without the environment. Raises ConfigError."""
    reader = _Reader(str(path), {})
    built: T | None = reader.build("", cls, _load(path), "the file:")
    if built is None:
        raise ConfigError(reader.problems)
    return built


def _load(path: Path) -> dict[str, Any]:
    def cannot(found: str, expected: str) -> ConfigError:
        return ConfigError([Problem(str(path), "", found, expected)])

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise cannot(f"no readable file ({error.strerror})", "a TOML file") from error
    except UnicodeDecodeError as error:
        raise cannot(f"a byte that is not UTF-8 at offset {error.start}", "UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise cannot(f"a syntax error: {error}", "TOML") from error


class _Reader:
    """Collects problems while it converts; ``None`` stands for a section that could not be built."""

    def __init__(self, source: str, sections: Mapping[str, type]) -> None:
        self.sections = sections
        self.problems: list[Problem] = []
        self._source = source
        self._variables: dict[tuple[str, str], str] = {}
        """Which environment variable a (section, key) came from."""

    def problem(self, key: str, found: str, expected: str, hint: str = "", where: str = "") -> None:
        self.problems.append(Problem(where or self._source, key, found, expected, hint))

    def tables(self, document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """The known sections of the document."""
        known: dict[str, dict[str, Any]] = {}
        for name, table in document.items():
            if name not in self.sections:
                choices = [*self.sections, "rooms"]
                self.problem(f"[{name}]", "an unknown section", _one_of(choices), _meant(name, choices))
            elif not isinstance(table, dict):
                self.problem(name, _shown(table), f"a section [{name}]")
            else:
                known[name] = dict(table)
        return known

    def overlay(self, tables: dict[str, dict[str, Any]], environment: Mapping[str, str]) -> None:
        """Put ``CROSSPATCH_{SECTION}_{KEY}`` over the file. Variables of no section are not ours."""
        for variable in sorted(environment):
            for section in self.sections:
                prefix = f"{ENV_PREFIX}{section.upper()}_"
                if variable.startswith(prefix):
                    key = variable.removeprefix(prefix).lower()
                    tables.setdefault(section, {})[key] = environment[variable]
                    self._variables[section, key] = variable

    def rooms(self, found: object) -> tuple[RoomConfig, ...] | None:
        """``[[rooms]]``; None if there are none, or something is wrong with them."""
        if found is None:
            return None
        if not isinstance(found, list) or not all(isinstance(room, dict) for room in found) or not found:
            self.problem("rooms", _shown(found), "one or more [[rooms]] tables")
            return None
        rooms = [self.build("rooms", RoomConfig, room, f"[[rooms]] {n + 1}") for n, room in enumerate(found)]
        return None if None in rooms else tuple(rooms)

    def build(self, section: str, cls: type, table: Mapping[str, Any], title: str = "") -> Any:  # noqa: ANN401 - cls() or None
        """The section as its dataclass, or None if something is wrong with it."""
        title = title or f"[{section}]"
        hints = typing.get_type_hints(cls)
        fields = {f.name: f for f in dataclasses.fields(cls)}
        before = len(self.problems)
        values: dict[str, Any] = {}
        for key, raw in table.items():
            variable = self._variables.get((section, key), "")
            if key not in fields:
                self.problem(
                    f"{title} {key}", "an unknown key", _one_of(fields), _meant(key, fields), variable
                )
                continue
            if (table_type := _table_type(hints[key])) is not None:
                values[key] = self._tables_below(section, key, table_type, raw)
                continue
            try:
                values[key] = _convert(_from_text(raw, hints[key]) if variable else raw, hints[key])
            except _Unfit as unfit:
                self.problem(f"{title} {key}", _shown(raw), str(unfit), where=variable)
        for name, field in fields.items():
            if name not in table and field.default is field.default_factory is dataclasses.MISSING:
                self.problem(f"{title} {name}", "nothing", _expected(hints[name]))
        if len(self.problems) > before:
            return None
        try:
            return cls(**values)
        except ValueError as error:
            self.problem(title, "values that do not go together", str(error))
            return None

    def _tables_below(self, section: str, key: str, cls: type, raw: object) -> tuple[Any, ...]:
        """``[[section.key]]`` tables; what is wrong with them is noted."""
        title = f"[[{section}.{key}]]"
        if not isinstance(raw, list) or not all(isinstance(table, dict) for table in raw):
            self.problem(title, _shown(raw), f"{title} tables", where=self._variables.get((section, key), ""))
            return ()
        return tuple(self.build("", cls, table, f"{title} {n}") for n, table in enumerate(raw, start=1))


# -- one value -------------------------------------------------------------------------------


_WORDS: dict[object, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Path: "a path",
}


class _Unfit(Exception):
    """The value is not of the type; the text says what is expected."""


def _convert(value: object, hint: object) -> object:
    hint = _without_none(hint)
    if typing.get_origin(hint) is tuple:
        inner = typing.get_args(hint)[0]
        if not isinstance(value, list):
            raise _Unfit(_expected(hint))
        return tuple(_convert(part, inner) for part in value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        try:
            return hint(value)
        except ValueError:
            raise _Unfit(_expected(hint)) from None
    if hint is Path and isinstance(value, str) and value:
        return Path(value)
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        raise _Unfit(_expected(hint))
    return value


def _from_text(text: str, hint: object) -> object:
    """An environment variable's text as TOML would have given it; what does not fit stays text."""
    hint = _without_none(hint)
    if typing.get_origin(hint) is tuple:
        return [part.strip() for part in text.split(",") if part.strip()]
    if hint is bool and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    try:
        return int(text) if hint is int else float(text) if hint is float else text
    except ValueError:
        return text


def _table_type(hint: object) -> type | None:
    """The dataclass of a field that is an array of tables; None for any other field."""
    inner = typing.get_args(hint)[0] if typing.get_origin(hint) is tuple else None
    return inner if isinstance(inner, type) and dataclasses.is_dataclass(inner) else None


def _without_none(hint: object) -> object:
    if isinstance(hint, types.UnionType):
        return next(part for part in typing.get_args(hint) if part is not type(None))
    return hint


def _expected(hint: object) -> str:
    hint = _without_none(hint)
    if _table_type(hint) is not None:
        return "one or more tables of that name"
    if typing.get_origin(hint) is tuple:
        return f"a list, each {_expected(typing.get_args(hint)[0])}"
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _one_of(member.value for member in hint)
    return _WORDS[hint]


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN_LEN_MAX else f"{text[: _SHOWN_LEN_MAX - 3]}..."


def _one_of(choices: Iterable[str]) -> str:
    return "one of " + ", ".join(sorted(choices))


def _meant(wrong: str, choices: Iterable[str]) -> str:
    close = difflib.get_close_matches(wrong, list(choices), n=1)
    return f'did you mean "{close[0]}"?' if close else ""


def environment() -> Mapping[str, str]:
    """The variables of this process."""
    return os.environ
