"""The media core's table in the metrics reference, made from the counters and the comments above them."""

import re
from pathlib import Path

PAGE = "docs/reference/metrics.md"
_SOURCE = "native/driver/src/counters.rs"
_BEGIN, _END = "<!-- made by `make docs` from the counters themselves -->\n", "<!-- end -->\n"
_LIST = re.compile(r"^counters! \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_COUNTER = re.compile(r"((?:^ *///.*\n)+)^ *(\w+),$", re.MULTILINE)


def metrics(root: Path) -> str:
    """docs/reference/metrics.md with its media table renewed; the rest of the page is written by hand."""
    before, _, rest = (root / PAGE).read_text(encoding="utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    rows = "".join(f"| `media_{name}` | {text} |\n" for name, text in _counters(root))
    return f"{before}{_BEGIN}\n| name | meaning |\n|---|---|\n{rows}\n{_END}{after}"


def _counters(root: Path) -> list[tuple[str, str]]:
    found = _LIST.search((root / _SOURCE).read_text(encoding="utf-8"))
    if found is None:
        raise ValueError(f"{_SOURCE}: no counters! list")
    return [(name, _sentence(comment)) for comment, name in _COUNTER.findall(found[1])]


def _sentence(comment: str) -> str:
    words = " ".join(line.strip().removeprefix("///").strip() for line in comment.splitlines())
    first = words[0] if words[1].isupper() else words[0].lower()  # RTP stays RTP
    return first + words[1:].rstrip(".")
