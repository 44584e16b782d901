"""Every relative link of the documents leads somewhere, heading anchors included."""

import re
from pathlib import Path

from tests.lint.tree import ROOT, files, plant

_LINK = re.compile(r"(?<!\!)\[[^\]]*\]\((?P<target>[^)\s]+)\)|!\[[^\]]*\]\((?P<picture>[^)\s]+)\)")
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def anchors(text: str) -> set[str]:
    """Heading anchors as renderers make them: lower case, no punctuation, spaces to hyphens."""
    return {
        re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        for heading in _HEADING.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    }


def findings(root: Path) -> list[str]:
    found = []
    for page in files(root, "*.md"):
        text = page.read_text(encoding="utf-8")
        for match in _LINK.finditer(_CODE.sub("", text)):
            target = match["target"] or match["picture"]
            if "://" in target or target.startswith("mailto:"):
                continue
            name, _, anchor = target.partition("#")
            aim = (page.parent / name).resolve() if name else page
            if not aim.exists():
                found.append(f"{page.relative_to(root)}: {target} does not exist")
            elif anchor and aim.suffix == ".md" and anchor not in anchors(aim.read_text(encoding="utf-8")):
                found.append(f"{page.relative_to(root)}: {target} has no such heading")
    return found


def named_files(root: Path) -> list[str]:
    """Paths of this tree that the documents name in code quotes must exist; globs and {a,b} are not read."""
    found = []
    first = {path.relative_to(root).parts[0] for path in files(root, "*/*")}
    for page in files(root, "README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/*.md"):
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        found += [
            f"{page.relative_to(root)}: `{quoted}` does not exist"
            for quoted in re.findall(r"`([\w.][\w./-]*/[\w./-]*)`", text)
            if quoted.split("/")[0] in first and not (root / quoted).exists()
        ]
    return found


def test_every_link_of_the_documents_resolves() -> None:
    assert findings(ROOT) == []


def test_every_file_that_a_document_names_exists() -> None:
    assert named_files(ROOT) == []


def test_a_dead_link_and_a_dead_anchor_are_named(tmp_path: Path) -> None:
    plant(tmp_path, **{"a.md": "[x](b.md) [y](c.md#no) [z](c.md#one-two)", "c.md": "# One, two\n"})
    assert findings(tmp_path) == ["a.md: b.md does not exist", "a.md: c.md#no has no such heading"]


def test_a_named_file_that_is_gone_is_named(tmp_path: Path) -> None:
    plant(tmp_path, **{"gateway/a.py": "", "docs/x.md": "`gateway/a.py` `gateway/b.py` `text/plain`"})
    assert named_files(tmp_path) == ["docs/x.md: `gateway/b.py` does not exist"]
