"""Which crate may depend on what: the engine knows no library, one crate knows str0m, one knows Python."""

import tomllib
from pathlib import Path

from tests.lint.tree import ROOT, files, plant

ONLY_IN = {
    "str0m": {"peer"},  # DESIGN 3.9: one module hides it
    "pyo3": {"bindings"},
    "libc": {"driver", "bindings"},  # sockets, threads, clock
}
NOWHERE = {"tokio", "async-std", "mio"}  # a shard is one thread with one epoll (adr/0001)
EDGES = {  # crate -> the house's own crates that it may know
    "engine": set[str](),
    "peer": {"engine"},
    "driver": {"engine", "peer"},
    "bindings": {"engine", "peer", "driver"},
    "sip": set[str](),
}


def findings(root: Path) -> list[str]:
    found = []
    for manifest in files(root, "native/*/Cargo.toml"):
        crate = manifest.parent.name
        if crate not in EDGES:
            continue
        declared = tomllib.loads(manifest.read_text(encoding="utf-8")).get("dependencies", {})
        names = {
            spec.get("package", name) if isinstance(spec, dict) else name for name, spec in declared.items()
        }
        own = {name.removeprefix("crosspatch-") for name in names} & EDGES.keys()
        found += [f"{crate} may not depend on {other}" for other in sorted(own - EDGES[crate])]
        found += [
            f"{crate} may not depend on {name}"
            for name in sorted(names)
            if name in NOWHERE or crate not in ONLY_IN.get(name, {crate})
        ]
    return found


def test_every_crate_keeps_to_its_edges() -> None:
    assert findings(ROOT) == []


def test_every_crate_of_the_workspace_has_its_edges_written_down() -> None:
    members = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["members"]
    assert {Path(member).name for member in members} == EDGES.keys()


def test_an_engine_that_reaches_for_a_library_is_named(tmp_path: Path) -> None:
    plant(
        tmp_path,
        **{
            "native/engine/Cargo.toml": '[dependencies]\nstr0m = "1"\ntokio = "1"\ndriver.workspace = true\n',
            "native/peer/Cargo.toml": '[dependencies]\nstr0m = "1"\nengine.workspace = true\n',
        },
    )
    assert findings(tmp_path) == [
        "engine may not depend on driver",
        "engine may not depend on str0m",
        "engine may not depend on tokio",
    ]
