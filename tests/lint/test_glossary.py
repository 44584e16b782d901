"""Types of model, core and wire are named with the glossary's words, never with those it puts aside."""

import ast
import re
from pathlib import Path

from tests.lint.tree import ROOT, files, plant

GLOSSARY = "docs/glossary.md"
NAMED_BY_IT = ("gateway/model/*.py", "gateway/core/*.py", "gateway/wire/*.py")


def rows(root: Path) -> list[list[str]]:
    """The table's rows: term, meaning, from, not."""
    lines = (root / GLOSSARY).read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return [row for row in cells[2:] if len(row) == 4]


def put_aside(root: Path) -> dict[str, str]:
    """Word -> the terms to use instead. A word that is a term itself, for another idea, may be used."""
    terms: set[str] = set()
    aside: dict[str, list[str]] = {}
    for term, _, _, instead_of in rows(root):
        terms |= set(re.findall(r"[a-z]+", term.lower()))
        for word in re.findall(r"[a-z]+", instead_of.lower()):
            aside.setdefault(word, []).append(term)
    return {word: ", ".join(use) for word, use in aside.items() if word not in terms}


def findings(root: Path) -> list[str]:
    aside = put_aside(root)
    found = []
    for path in files(root, *NAMED_BY_IT):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                words = {word.lower() for word in re.findall(r"[A-Z][a-z]*", node.name)}
                found += [
                    f"{path.relative_to(root)}:{node.lineno}: {node.name}: not {word!r}, see {aside[word]}"
                    for word in sorted(words & aside.keys())
                ]
    return found


def test_the_glossary_has_its_table() -> None:
    assert len(rows(ROOT)) > 20


def test_type_names_use_the_glossarys_words() -> None:
    assert findings(ROOT) == []


def test_a_word_put_aside_is_named_with_the_term_to_use(tmp_path: Path) -> None:
    table = "| term | meaning | from | not |\n|---|---|---|---|\n"
    plant(
        tmp_path,
        **{
            GLOSSARY: table + "| leg | one association | x | channel, session |\n| channel | data | y | |\n",
            "gateway/core/a.py": "class PhoneSession: ...\nclass Channel: ...\n",
        },
    )
    assert findings(tmp_path) == ["gateway/core/a.py:1: PhoneSession: not 'session', see leg"]
