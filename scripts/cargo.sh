#!/usr/bin/env bash
# Cargo in the environment that maturin gives it when it builds the extension. Without it each of the two would
# rebuild pyo3 after the other. Use it like cargo: scripts/cargo.sh test --release -p crosspatch-engine
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"

export VIRTUAL_ENV="$root/.venv" PYO3_PYTHON="$root/.venv/bin/python" PYO3_BUILD_EXTENSION_MODULE=1
PYO3_ENVIRONMENT_SIGNATURE="$("$PYO3_PYTHON" -c 'import sys; print("cpython-%d.%d-64bit" % sys.version_info[:2])')"
export PYO3_ENVIRONMENT_SIGNATURE
# Written by maturin; before its first run there is nothing to agree with.
for config in "${CARGO_TARGET_DIR:-$root/target}"/maturin/pyo3-config-*.txt; do
    [ -e "$config" ] && export PYO3_CONFIG_FILE="$config"
done
# The same cases in every run; for others: PROPTEST_RNG_SEED=2 scripts/cargo.sh test …
export PROPTEST_RNG_SEED="${PROPTEST_RNG_SEED:-1}"
cd "$root"
exec cargo "$@"
