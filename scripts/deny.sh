#!/usr/bin/env bash
# Judges every crate that is linked, and those of the fuzz targets, by deny.toml: licences, where they come from, bans,
# and published weaknesses, for which it fetches RustSec's database. Needs cargo-deny.
#
#   scripts/deny.sh                            all of it
#   scripts/deny.sh licenses bans sources      what can be judged without a network
set -euo pipefail
cd "$(dirname "$0")/.."

if ! cargo deny --version >/dev/null 2>&1; then
    printf 'missing: cargo-deny\n    hint: %s\n' "cargo install cargo-deny --locked" >&2
    exit 1
fi
for workspace in . native/fuzz; do
    printf '== %s\n' "$workspace"
    # Two versions of a crate are a warning: named, not drawn as a tree.
    cargo deny --locked --log-level error --manifest-path "$workspace/Cargo.toml" --config deny.toml \
        check --hide-inclusion-graph "$@"
done
