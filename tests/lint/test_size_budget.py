"""Files of one idea: median about 150 lines, p90 at most 400, none above 800; functions at most 70.

A file above the p90 bound is no error by itself; too many of them are. Rust's functions are clippy's
business (too_many_lines), its test modules are not counted.
"""

import ast
import statistics
from collections.abc import Callable
from pathlib import Path

from tests.lint.tree import ROOT, files, plant

P90_LINES_MAX = 400
FILE_LINES_MAX = 800
FUNCTION_LINES_MAX = 70
PUBLIC_METHODS_MAX = 20

PRODUCT = (
    *("gateway/*.py", "gateway/*.pyi", "adapters/*.py", "sim/*.py", "scripts/*.py", "bench/*.py"),
    *("native/*.rs", "web/*.ts", "web/*.svelte", "web/*.css"),
)
GENERATED = ("web/packages/protocol/src/wire.ts",)
TESTS = ("tests/*.py", "web/*.test.ts", "native/*/tests/*.rs")


def lines_of(path: Path) -> int:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".rs":
        text = text.partition("\n#[cfg(test)]\nmod tests {")[0]
    return text.count("\n")


def product_sizes(root: Path) -> dict[str, int]:
    skipped = {*files(root, *GENERATED), *files(root, *TESTS)}
    return {
        str(path.relative_to(root)): lines_of(path) for path in files(root, *PRODUCT) if path not in skipped
    }


def findings(root: Path) -> list[str]:
    sizes = product_sizes(root)
    found = [
        f"{name}: {size} lines, at most {FILE_LINES_MAX}"
        for name, size in {**sizes, **_test_sizes(root)}.items()
        if size > FILE_LINES_MAX
    ]
    if len(sizes) > 1 and (p90 := statistics.quantiles(sizes.values(), n=10)[-1]) > P90_LINES_MAX:
        largest = sorted(sizes, key=lambda name: sizes[name])[-5:]
        found.append(f"p90 of file sizes is {p90:.0f} lines, at most {P90_LINES_MAX}; split one of {largest}")
    for path in files(root, "*.py"):
        name = path.relative_to(root).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found += [f"{name}:{finding}" for finding in _long_functions(tree)]
        # A story has as many claims as it needs, a fake as many handles for them.
        if not name.startswith(("tests/", "sim/fakes/")):
            found += [f"{name}:{finding}" for finding in _wide_classes(tree)]
    return found


def _test_sizes(root: Path) -> dict[str, int]:
    return {str(path.relative_to(root)): lines_of(path) for path in files(root, *TESTS)}


def _long_functions(tree: ast.AST) -> list[str]:
    return [
        f"{node.lineno}: {node.name} has {size} lines, at most {FUNCTION_LINES_MAX}"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (size := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES_MAX
    ]


def _wide_classes(tree: ast.AST) -> list[str]:
    return [
        f"{node.lineno}: {node.name} has {public} public methods, at most {PUBLIC_METHODS_MAX}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and (public := sum(map(_is_public, node.body))) > PUBLIC_METHODS_MAX
    ]


def _is_public(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")


def test_every_file_and_function_keeps_its_budget(record_property: Callable[[str, object], None]) -> None:
    sizes = list(product_sizes(ROOT).values())
    record_property("median_lines", statistics.median(sizes))
    assert findings(ROOT) == []


def test_a_file_above_the_hard_stop_is_named(tmp_path: Path) -> None:
    plant(tmp_path, **{"gateway/huge.py": "x = 1\n" * 801})
    assert findings(tmp_path) == ["gateway/huge.py: 801 lines, at most 800"]


def test_too_many_large_files_break_the_p90(tmp_path: Path) -> None:
    plant(tmp_path, **{f"gateway/f{i}.py": "x = 1\n" * (500 if i < 3 else 100) for i in range(10)})
    (finding,) = findings(tmp_path)
    assert finding.startswith("p90 of file sizes is 500")


def test_a_long_function_is_named(tmp_path: Path) -> None:
    plant(tmp_path, **{"sim/a.py": "def long():\n" + "    x = 1\n" * 70})
    assert findings(tmp_path) == ["sim/a.py:1: long has 71 lines, at most 70"]


def test_a_class_of_many_doors_is_named(tmp_path: Path) -> None:
    methods = "".join(f"    def m{i}(self): ...\n" for i in range(21))
    plant(tmp_path, **{"sim/a.py": f"class Wide:\n{methods}"})
    assert findings(tmp_path) == ["sim/a.py:1: Wide has 21 public methods, at most 20"]


def test_inline_tests_of_rust_do_not_count(tmp_path: Path) -> None:
    plant(
        tmp_path,
        **{"native/engine/src/a.rs": "fn a() {}\n\n#[cfg(test)]\nmod tests {\n" + "//\n" * 900 + "}\n"},
    )
    assert findings(tmp_path) == []
