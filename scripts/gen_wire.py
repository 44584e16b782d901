"""Write the TypeScript types, the JSON Schema and the shared vectors of the console protocol.

``python scripts/gen_wire.py`` writes the files; ``--check`` writes nothing and exits 1 when one of
them is not what the Structs in gateway/wire say (run by tests/wire).
"""

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.wire_schema import schema  # noqa: E402
from scripts.wire_typescript import typescript  # noqa: E402
from scripts.wire_vectors import client_vectors, server_vectors  # noqa: E402


def generated() -> dict[Path, str]:
    """Every generated file with its text."""
    return {
        ROOT / "web/packages/protocol/src/wire.ts": typescript(),
        ROOT / "docs/protocol/console-v1.schema.json": _json(schema()),
        ROOT / "tests/wire/client.json": _json(client_vectors()),
        ROOT / "tests/wire/server.json": _json(server_vectors()),
    }


def main() -> int:
    """Write or check; the exit status says whether all is current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 when a file is stale")
    check = parser.parse_args().check
    stale = [
        path
        for path, text in generated().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path in stale:
        if check:
            print(f"stale: {path.relative_to(ROOT)} (run: python scripts/gen_wire.py)", file=sys.stderr)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(generated()[path], encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    return 1 if check and stale else 0


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())
