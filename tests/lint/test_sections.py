"""A comment that says "DESIGN 3.5" or "ui.md section 7" points at a section that is there."""

import re
from pathlib import Path

from tests.lint.tree import ROOT, files, plant

SOURCES = ("*.py", "*.pyi", "*.rs", "*.toml", "*.ts", "*.svelte", "*.css", "*.mjs", "*.sh", "Makefile")
POINTERS = {
    "docs/DESIGN.md": re.compile(r"\bDESIGN (?:section )?(\d+(?:\.\d+)?)"),
    "docs/ui.md": re.compile(r"\bui\.md section (\d+(?:\.\d+)?)"),
}
_SECTION = re.compile(r"^(?:#+ |\*\*)(\d+(?:\.\d+)?)\b", re.MULTILINE)


def findings(root: Path) -> list[str]:
    there = {
        page: set(_SECTION.findall((root / page).read_text(encoding="utf-8")))
        if (root / page).exists()
        else set()
        for page in POINTERS
    }
    found = []
    for path in files(root, *SOURCES):
        text = path.read_text(encoding="utf-8")
        for page, pointer in POINTERS.items():
            found += [
                f"{path.relative_to(root)}: {match[0]} is not in {page}"
                for match in pointer.finditer(text)
                if match[1] not in there[page]
            ]
    return found


def test_every_section_that_a_comment_names_is_there() -> None:
    assert findings(ROOT) == []


def test_a_section_that_is_not_there_is_named(tmp_path: Path) -> None:
    plant(
        tmp_path,
        **{
            "docs/DESIGN.md": "## 3. Contracts\n\n**3.5 Slots.** x\n",
            "docs/ui.md": "## 7. Tones\n",
            "a.py": "# DESIGN 3.5, ui.md section 7\n",
            "b.rs": "// DESIGN " + "3.6\n",
            "c.ts": "// ui.md section " + "9\n",
        },
    )
    assert findings(tmp_path) == [
        f"b.rs: DESIGN {3.6} is not in docs/DESIGN.md",
        f"c.ts: ui.md section {9} is not in docs/ui.md",
    ]
