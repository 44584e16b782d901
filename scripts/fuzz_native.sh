#!/usr/bin/env bash
# Throws mutated bytes at every target of native/fuzz, for some seconds each. Needs Rust's nightly and cargo-fuzz.
#
#   scripts/fuzz_native.sh 60 [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds="${1:-60}"
shift || true

if ! cargo +nightly fuzz --version >/dev/null 2>&1; then
    printf 'missing: cargo-fuzz on the nightly toolchain\n    hint: %s\n' \
        "rustup toolchain install nightly --profile minimal && cargo install cargo-fuzz" >&2
    exit 1
fi

targets=("$@")
[ "${#targets[@]}" -gt 0 ] || mapfile -t targets < <(cargo +nightly fuzz list --fuzz-dir native/fuzz)
for target in "${targets[@]}"; do
    corpora=("native/fuzz/corpus/$target")
    [ -d "native/fuzz/seeds/$target" ] && corpora+=("native/fuzz/seeds/$target")
    mkdir -p "${corpora[0]}"
    printf '== %s, %s s\n' "$target" "$seconds"
    # libFuzzer tells each new input; what counts is its last line, with the edges reached (cov), and the figures.
    log="$(mktemp)"
    if ! cargo +nightly fuzz run --fuzz-dir native/fuzz "$target" "${corpora[@]}" -- \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 >"$log" 2>&1; then
        printf 'failed; all of it is in %s, its end is:\n' "$log" >&2
        tail -n 40 "$log" >&2
        exit 1
    fi
    grep -E 'DONE|^stat::' "$log"
    rm "$log"
done
