#!/usr/bin/env bash
# Names what this machine lacks and how to get it; installs nothing. Exit 1 when something is missing.
#
#   scripts/prerequisites.sh build   what `make setup` and `make run` need: compilers and package managers
#   scripts/prerequisites.sh test    what `make test` needs besides: the packages of requirements/system.txt
#   scripts/prerequisites.sh list    those packages' names, one a line
set -euo pipefail
cd "$(dirname "$0")/.."

missing=0
lacks() { # lacks WHAT HOW: one line a lack, then go on, so that one run names them all
    printf 'missing: %s\n    hint: %s\n' "$1" "$2" >&2
    missing=1
}

system_packages() { sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' requirements/system.txt; }

check_build() {
    if ! "${PYTHON:-python3}" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        lacks "Python 3.11 or newer" "apt-get install python3 python3-venv, or name one: make PYTHON=/path/to/python3"
    elif ! "${PYTHON:-python3}" -c 'import ensurepip, venv' 2>/dev/null; then
        lacks "Python's venv module" "apt-get install python3-venv"
    fi
    command -v cc >/dev/null || lacks "a C compiler" "apt-get install build-essential"
    # libopus is built from source as soon as the extension mixes.
    if grep -qE '^(mix|codec_opus)\b' native/{engine,driver,bindings}/Cargo.toml && ! command -v cmake >/dev/null; then
        lacks "cmake" "apt-get install cmake"
    fi
    if ! command -v cargo >/dev/null; then
        lacks "Rust (cargo)" "install rustup as https://rustup.rs says; it fetches the release that rust-toolchain.toml names"
    fi
    if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
        lacks "Node.js 20 or newer, with npm" "install it as https://nodejs.org/en/download says"
    elif [ "$(node -p 'parseInt(process.versions.node)')" -lt 20 ]; then
        lacks "Node.js 20 or newer (found $(node --version))" "install it as https://nodejs.org/en/download says"
    fi
}

check_test() {
    if ! command -v dpkg-query >/dev/null; then
        printf 'not a Debian system: cannot check for the packages of requirements/system.txt\n' >&2
        return
    fi
    local lacking=() package
    for package in $(system_packages); do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || lacking+=("$package")
    done
    if [ "${#lacking[@]}" -gt 0 ]; then
        lacks "system packages: ${lacking[*]}" "sudo make setup-system"
    fi
}

case "${1:-}" in
    build) check_build ;;
    test) check_test ;;
    list) system_packages ;;
    *) printf 'usage: %s build|test|list\n' "$0" >&2; exit 2 ;;
esac
exit "$missing"
