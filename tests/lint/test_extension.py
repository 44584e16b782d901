"""Few files import the Rust extension, which import-linter cannot see: it is no Python file."""

import ast
from pathlib import Path

from tests.lint.tree import ROOT, files, plant

EXTENSION = "gateway._native"
IMPORTERS = {
    "gateway/native.py",  # the media core
    "adapters/sip/native.py",  # the SIP thread
    "adapters/radio/native.py",  # the radio thread
    "adapters/bridges/native.py",  # fence and codecs of a radio site
}


def findings(root: Path) -> list[str]:
    return [
        f"{path.relative_to(root)}:{getattr(node, 'lineno', 0)}: imports {EXTENSION}"
        for path in files(root, "gateway/*.py", "adapters/*.py", "sim/*.py", "bench/*.py")
        if path.relative_to(root).as_posix() not in IMPORTERS
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if EXTENSION in _imported(node)
    ]


def _imported(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        return {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return set()


def test_the_extension_has_few_importers() -> None:
    assert findings(ROOT) == []


def test_another_importer_is_named(tmp_path: Path) -> None:
    plant(
        tmp_path,
        **{
            "gateway/native.py": "from gateway import _native\n",
            "adapters/sip/native.py": "from gateway._native import SipEdge\n",
            "gateway/app/a.py": "from gateway import _native\n",
            "adapters/web/b.py": "import gateway._native\n",
            "sim/c.py": "from gateway._native import Plane\n",
        },
    )
    assert findings(tmp_path) == [
        "adapters/web/b.py:1: imports gateway._native",
        "gateway/app/a.py:1: imports gateway._native",
        "sim/c.py:1: imports gateway._native",
    ]
