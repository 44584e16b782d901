"""Pages that are made from the tree are what the tree would make today."""

from pathlib import Path

import pytest

from scripts.gen_docs import PAGES
from tests.lint.tree import ROOT


def stale(root: Path, name: str) -> bool:
    page = root / name
    return not page.exists() or page.read_text(encoding="utf-8") != PAGES[name](ROOT)


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_current(name: str) -> None:
    assert not stale(ROOT, name), "run: make docs"


def test_an_edited_page_is_stale(tmp_path: Path) -> None:
    page = tmp_path / "docs/reference/floor.md"
    page.parent.mkdir(parents=True)
    page.write_text(PAGES["docs/reference/floor.md"](ROOT) + "one more line\n", encoding="utf-8")
    assert stale(tmp_path, "docs/reference/floor.md")
