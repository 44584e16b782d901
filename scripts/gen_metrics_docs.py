"""The metrics reference: the media core's table, made from the counters and the comments above them, and
of every table the columns that follow from a metric's name and from the alarm rules.
"""

import re
from collections.abc import Mapping
from pathlib import Path

PAGE = "docs/reference/metrics.md"
RULES = "examples/prometheus/crosspatch.rules.yml"
_SOURCE = "native/driver/src/counters.rs"
_BEGIN, _END = "<!-- made by `make docs` from the counters themselves -->\n", "<!-- end -->\n"
_LIST = re.compile(r"^counters! \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_COUNTER = re.compile(r"((?:^ *///.*\n)+)^ *(\w+),$", re.MULTILINE)
_HEAD = "| name | type | unit | meaning | alarm |\n|---|---|---|---|---|\n"
_TABLE = re.compile(r"(^Histograms\b.*\n\n)?^\| name \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", re.MULTILINE)
_ALARM = re.compile(r"^ *- alert: (\w+)\n(.*?)severity: (\w+)", re.MULTILINE | re.DOTALL)
_UNIT = re.compile(r"_(bytes|ms|us|s)(?:_max|_total)*$")
_UNITS = {"us": "µs"}
_MEANING = 3


def metrics(root: Path) -> str:
    """docs/reference/metrics.md with what is made renewed; meanings outside of media are by hand."""
    before, _, rest = (root / PAGE).read_text(encoding="utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    rows = "".join(f"| `media_{name}` | | | {text} | |\n" for name, text in _counters(root))
    page = f"{before}{_BEGIN}\n{_HEAD}{rows}\n{_END}{after}"
    alarms = alarms_by_metric((root / RULES).read_text(encoding="utf-8"))
    seen: set[str] = set()
    return _TABLE.sub(lambda table: _drawn(table[1] or "", table[2], alarms, seen), page)


def alarms_by_metric(rules: str) -> dict[str, list[str]]:
    """Which alarms ask for a metric, and how urgent they are."""
    found: dict[str, list[str]] = {}
    for name, rule, severity in _ALARM.findall(rules):
        for metric in dict.fromkeys(re.findall(r"\bcrosspatch_(\w+)", rule)):
            found.setdefault(metric, []).append(f"{name} ({severity})")
    return found


def _drawn(intro: str, rows: str, alarms: Mapping[str, list[str]], seen: set[str]) -> str:
    lines = []
    for row in rows.splitlines():
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        name, meaning = cells[0].strip("`"), cells[_MEANING]
        if name in seen:
            raise ValueError(f"{PAGE}: {name} stands there twice")
        seen.add(name)
        kind = "histogram" if intro else kind_of(name)
        asked_by = ", ".join(alarms.get(name, ()))
        lines.append(f"| `{name}` | {kind} | {_unit(name, meaning)} | {meaning} | {asked_by} |\n")
    return f"{intro}{_HEAD}{''.join(lines)}"


def kind_of(name: str) -> str:
    """By the rule of gateway/app/metrics.py; histograms stand in a table of their own."""
    return "counter" if name.endswith("_total") else "gauge"


def _unit(name: str, meaning: str) -> str:
    if meaning.startswith("1: "):
        return "0 or 1"
    found = _UNIT.search(name)
    return "number" if found is None else _UNITS.get(found[1], found[1])


def _counters(root: Path) -> list[tuple[str, str]]:
    found = _LIST.search((root / _SOURCE).read_text(encoding="utf-8"))
    if found is None:
        raise ValueError(f"{_SOURCE}: no counters! list")
    return [(name, _sentence(comment)) for comment, name in _COUNTER.findall(found[1])]


def _sentence(comment: str) -> str:
    words = " ".join(line.strip().removeprefix("///").strip() for line in comment.splitlines())
    first = words[0] if words[1].isupper() else words[0].lower()  # RTP stays RTP
    return first + words[1:].rstrip(".")
