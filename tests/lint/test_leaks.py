"""Nothing in the tree tells about one machine: no absolute home, no registry address, no secret."""

import re
from pathlib import Path

from tests.lint.tree import ROOT, files, plant

# Written so that no pattern matches its own source.
RULES = {
    "path of one machine": re.compile(r"(?<![\w.<{])/(?:work|root|home/[a-z]+|Users)/\w"),
    "address of a registry": re.compile(
        r"registry\.(?:npmjs)\.org|files\.(?:pythonhosted)\.org|(?:pypi)\.org/simple|(?:static|index)\.crates\.io"
    ),
    "private key": re.compile(r"-{5}BEGIN (?:[A-Z]+ )?PRIVATE (?:KEY)-{5}\n[A-Za-z0-9+/=]{20}"),
    "credential": re.compile(r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|xox[abp]-[0-9A-Za-z-]{20})"),
}


def findings(root: Path) -> list[str]:
    found = []
    for path in files(root, "*"):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture or a recording
        for what, pattern in RULES.items():
            for match in pattern.finditer(text):
                line = text.count("\n", 0, match.start()) + 1
                found.append(f"{path.relative_to(root)}:{line}: {what}: {match[0][:40]!r}")
    return found


def test_the_tree_tells_nothing_of_a_machine() -> None:
    assert findings(ROOT) == []


def test_a_home_path_a_registry_and_a_key_are_named(tmp_path: Path) -> None:
    plant(
        tmp_path,
        **{
            "a.py": "open('/ho" + "me/ada/notes')\n",
            "b.lock": "https://registry.np" + "mjs.org/x\n",
            "c.pem": "-" * 5 + "BEGIN PRIVATE " + "KEY-----\n" + "A" * 64,
            "d.md": "serve /rooms/ and https://example.org/work/1\n",
        },
    )
    assert [finding.split(": ")[1] for finding in findings(tmp_path)] == [
        "path of one machine",
        "address of a registry",
        "private key",
    ]
