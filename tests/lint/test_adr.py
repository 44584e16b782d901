"""Every decision record has its header and sections."""

import re
from pathlib import Path

from tests.lint.tree import ROOT, files, plant

SECTIONS = ["Context", "Decision", "Consequences", "Rejected"]
STATUS = re.compile(r"^\| status \| (proposed|accepted|superseded by \[?\d{4}\]?.*) \|$", re.MULTILINE)


def findings(root: Path) -> list[str]:
    found = []
    taken = set()
    for page in files(root, "docs/adr/[0-9]*.md"):
        text = page.read_text(encoding="utf-8")
        name = page.relative_to(root)
        number, _, _ = page.name.partition("-")
        if not re.fullmatch(r"\d{4}", number) or number in taken:
            found.append(f"{name}: expected four digits of its own")
        taken.add(number)
        if not re.search(r"^\| date \| \d{4}-\d{2}-\d{2} \|$", text, re.MULTILINE) or not STATUS.search(text):
            found.append(f"{name}: header needs date and status")
        if re.findall(r"^## (.+)$", text, re.MULTILINE) != SECTIONS:
            found.append(f"{name}: sections must be {', '.join(SECTIONS)}")
    return found


def test_every_record_has_its_header_and_sections() -> None:
    assert findings(ROOT) == []


def test_a_record_without_header_or_sections_is_named(tmp_path: Path) -> None:
    record = "| date | 2026-01-31 |\n| status | accepted |\n" + "".join(f"## {name}\n" for name in SECTIONS)
    plant(tmp_path, **{"docs/adr/0002-a.md": record, "docs/adr/0002-b.md": "# 2 b\n\n## Context\n"})
    assert findings(tmp_path) == [
        "docs/adr/0002-b.md: expected four digits of its own",
        "docs/adr/0002-b.md: header needs date and status",
        "docs/adr/0002-b.md: sections must be Context, Decision, Consequences, Rejected",
    ]
