"""What is generated from the Structs is committed and current."""

import subprocess
import sys
from pathlib import Path

import pytest

from gateway.wire.closing import CLOSE_CODES, RESUMABLE
from gateway.wire.server import ByeCode
from scripts.wire_schema import schema

ROOT = Path(__file__).resolve().parents[2]


def test_the_generated_files_are_current() -> None:
    ran = subprocess.run(
        [sys.executable, "scripts/gen_wire.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def test_every_reference_of_the_schema_resolves() -> None:
    whole = schema()
    refs: list[str] = []

    def walk(node: object) -> None:
        if isinstance(node, dict):
            refs.extend(value for key, value in node.items() if key == "$ref")
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(whole)
    assert refs
    assert {ref.removeprefix("#/$defs/") for ref in refs} <= set(whole["$defs"])


@pytest.mark.parametrize("code", list(ByeCode))
def test_every_bye_has_a_close_code_that_a_server_may_send(code: ByeCode) -> None:
    # RFC 6455 section 7.4: registered ones, or 4000 to 4999 of our own
    assert CLOSE_CODES[code] in {1000, 1008, 1011, 1012, 1013} | set(range(4000, 5000))


def test_a_close_code_alone_tells_whether_to_resume() -> None:
    by_number: dict[int, set[bool]] = {}
    for code, number in CLOSE_CODES.items():
        by_number.setdefault(number, set()).add(code in RESUMABLE)
    assert all(len(kinds) == 1 for kinds in by_number.values())
