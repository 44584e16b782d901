"""A network of the benchmark's own: Janus gathers no loopback candidate, so all programs share a namespace
with one address. Nothing in it can reach anything outside it.
"""

import os
import sys

_ADDRESS = "198.18.0.1"
"""From the range for benchmarks (RFC 2544)."""

_MARK = "CROSSPATCH_BENCH_NAMESPACE"
_SETUP = (
    "ip link set lo up && ip link add bench0 type veth peer name bench1 && "
    "ip link set bench0 up && ip link set bench1 up && "
    f'ip addr add {_ADDRESS}/32 dev bench0 && exec "$@"'
)


def address() -> str:
    """Where all programs of a benchmark meet: the namespace's address, or loopback outside of one."""
    return _ADDRESS if os.environ.get(_MARK) else "127.0.0.1"


def enter() -> None:
    """Start this program again inside a namespace of its own (unshare); returns when it is inside."""
    if os.environ.get(_MARK):
        return
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    command = [
        "unshare",
        *user,
        "--net",
        "sh",
        "-c",
        _SETUP,
        "sh",
        sys.executable,
        "-m",
        "bench.relay",
        *sys.argv[1:],
    ]
    os.execvpe(command[0], command, {**os.environ, _MARK: "1"})  # noqa: S606 - no shell expands a peer's word
