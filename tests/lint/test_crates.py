"""Which crate may depend on what: the engine knows no library, one crate knows str0m, one knows Python."""

import tomllib
from pathlib import Path

from tests.lint.tree import ROOT, files, plant

ONLY_IN = {
    "str0m": {"native/peer"},  # DESIGN 3.9: one module hides it
    "pyo3": {"native/bindings"},
    "aws-lc-rs": {"native/srtp"},
    "rustls": {"native/sip-io", "native/radio-io"},
    "libc": {"native/driver", "native/bindings"},  # sockets, threads, clock
    "mio": {"native/sip-io", "native/radio-io"},
}
NOWHERE = {"tokio", "async-std"}  # threads with one readiness queue each, no runtime (adr/0001)
MEDIA = {"native/rtp", "native/jitter", "native/dsp", "native/mix", "native/phone", "codecs/api"}
EDGES: dict[str, set[str]] = {  # crate -> the house's own crates that it may know
    "native/rtp": set(),
    "native/srtp": set(),
    "native/jitter": {"native/rtp"},
    "native/dsp": set(),
    "native/mix": {"native/dsp", "native/jitter", "codecs/api", "codecs/g711", "codecs/g722", "codecs/opus"},
    "native/phone": {"native/rtp", "native/jitter", "codecs/api"},
    "native/engine": MEDIA - {"native/phone"},
    "native/peer": {"native/engine", "native/rtp", "native/srtp"},
    "native/driver": {"native/engine", "native/peer", *MEDIA},
    "native/radio": set(),
    "native/radio-io": {"native/radio", "native/rtp"},
    "native/sip": set(),
    "native/sip-io": {"native/sip"},
    "native/bindings": {
        "native/engine",
        "native/peer",
        "native/driver",
        "native/radio",
        "native/radio-io",
        "native/sip",
        "native/sip-io",
        "codecs/g711",  # single frames for bridges
        "codecs/opus",
        *MEDIA,
    },
    "codecs/api": set(),
    "codecs/g711": {"codecs/api"},
    "codecs/g722": {"codecs/api"},
    "codecs/opus": {"codecs/api"},
}


def own_crates(root: Path) -> dict[str, str]:
    """Package name -> folder, of every crate of the tree."""
    manifests = files(root, "native/*/Cargo.toml", "codecs/*/Cargo.toml")
    return {
        tomllib.loads(manifest.read_text(encoding="utf-8"))["package"]["name"]: str(
            manifest.parent.relative_to(root)
        )
        for manifest in manifests
    }


def findings(root: Path) -> list[str]:
    own = own_crates(root)
    aliases = _workspace_aliases(root)
    found = []
    for crate, allowed in EDGES.items():
        manifest = root / crate / "Cargo.toml"
        if not manifest.exists():
            continue
        declared = tomllib.loads(manifest.read_text(encoding="utf-8")).get("dependencies", {})
        names = {_package(name, spec, aliases) for name, spec in declared.items()}
        wrong = {own[name] for name in names & own.keys()} - allowed
        wrong |= {name for name in names if name in NOWHERE or crate not in ONLY_IN.get(name, {crate})}
        found += [f"{crate} may not depend on {name}" for name in sorted(wrong)]
    return found


def _workspace_aliases(root: Path) -> dict[str, str]:
    workspace = tomllib.loads((root / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]
    return {name: _package(name, spec, {}) for name, spec in workspace.get("dependencies", {}).items()}


def _package(name: str, spec: object, aliases: dict[str, str]) -> str:
    if isinstance(spec, dict):
        return str(spec.get("package", aliases.get(name, name) if spec.get("workspace") else name))
    return name


def test_every_crate_keeps_to_its_edges() -> None:
    assert findings(ROOT) == []


def test_every_crate_of_the_tree_has_its_edges_written_down() -> None:
    assert set(own_crates(ROOT).values()) - {"native/fuzz"} <= EDGES.keys()


def test_an_engine_that_reaches_for_a_library_is_named(tmp_path: Path) -> None:
    package = '[package]\nname = "crosspatch-{0}"\n'
    plant(
        tmp_path,
        **{
            "Cargo.toml": "[workspace.dependencies]\n"
            'engine = { path = "native/engine", package = "crosspatch-engine" }\n'
            'driver = { path = "native/driver", package = "crosspatch-driver" }\n',
            "native/driver/Cargo.toml": package.format("driver"),
            "native/engine/Cargo.toml": package.format("engine")
            + '[dependencies]\nstr0m = "1"\ntokio = "1"\ndriver.workspace = true\n',
            "native/peer/Cargo.toml": package.format("peer")
            + '[dependencies]\nstr0m = "1"\nengine.workspace = true\n',
        },
    )
    assert findings(tmp_path) == [
        "native/engine may not depend on native/driver",
        "native/engine may not depend on str0m",
        "native/engine may not depend on tokio",
    ]
