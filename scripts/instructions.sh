#!/usr/bin/env bash
# How many instructions a delivered audio packet costs on its way out, from the engine's order to the sealed datagram:
# fails above the limit. Instructions, because times on a shared machine tell nothing.
#
#   scripts/instructions.sh
set -euo pipefail
cd "$(dirname "$0")/.."
readonly LIMIT=1800

command -v valgrind >/dev/null || { printf 'missing: valgrind\n    hint: apt-get install valgrind\n' >&2; exit 1; }
scripts/cargo.sh build --release --locked -p crosspatch-driver --example fan_out
out="$(mktemp)"
trap 'rm -f "$out"' EXIT
packets="$(valgrind --quiet --tool=callgrind --callgrind-out-file="$out" --collect-atstart=no \
    --toggle-collect='fan_out::measured' "${CARGO_TARGET_DIR:-target}/release/examples/fan_out")"
# Inclusive costs; the first line with the name is the function as a whole. All is read: a pipe shut early is an error.
costs="$(callgrind_annotate --inclusive=yes "$out")"
cost() { awk -v name="$1" 'index($0, name) && !seen++ {gsub(",", "", $1); print $1}' <<<"$costs"; }
out_of_session=$(($(cost 'peer::session::Session::write') / packets))
whole=$(($(cost 'fan_out::measured [') / packets))
printf '%s packets: %s instructions each on the way out (limit %s), %s with the engine and a share of the talker\n' \
    "$packets" "$out_of_session" "$LIMIT" "$whole"
[ "$out_of_session" -gt 0 ] && [ "$out_of_session" -le "$LIMIT" ]
