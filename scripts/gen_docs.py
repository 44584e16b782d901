"""Writes the pages of docs/ that are made from the tree, so that they cannot drift: `make docs`.

``--check`` writes nothing and exits 1 when a page is not what the tree would give.
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.gen_config_docs import configuration, sample  # noqa: E402 - run as a program, the root is not on the path
from scripts.gen_floor_docs import floor  # noqa: E402
from scripts.gen_metrics_docs import PAGE, metrics  # noqa: E402
from scripts.gen_radio_vectors import PAGE as VECTORS  # noqa: E402
from scripts.gen_radio_vectors import vectors  # noqa: E402


def adr_index(root: Path) -> str:
    """docs/adr/README.md: one line a record."""
    rows = []
    for page in sorted(root.glob("docs/adr/[0-9]*.md")):
        text = page.read_text(encoding="utf-8")
        header = dict(re.findall(r"^\| (date|status|tags) \| (.+) \|$", text, re.MULTILINE))
        title = text.partition("\n")[0].removeprefix("# ")
        number, _, claim = title.partition(" ")
        rows.append(
            f"| [{number}]({page.name}) | {claim} | {header.get('status', '')} | {header.get('date', '')} "
            f"| {header.get('tags', '')} |"
        )
    return (
        "# Decisions\n\n"
        "Why the house is built as it is. A record that is overtaken stays; a newer one says so.\n"
        "This page is made by `make docs`.\n\n"
        "| record | decision | status | date | tags |\n|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )


PAGES: dict[str, Callable[[Path], str]] = {
    "docs/adr/README.md": adr_index,
    "docs/reference/configuration.md": configuration,
    "docs/reference/floor.md": floor,
    "examples/crosspatch.toml": sample,
    PAGE: metrics,
    VECTORS: vectors,
}


def main(arguments: list[str]) -> int:
    stale = []
    for name, make in PAGES.items():
        page, text = ROOT / name, make(ROOT)
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in arguments:
                page.parent.mkdir(parents=True, exist_ok=True)
                page.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"{name}: {'stale, run: make docs' if '--check' in arguments else 'written'}")
    return int("--check" in arguments and bool(stale))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
