"""All programs of a benchmark share one network of its own: Janus gathers no loopback candidate."""

import os
import sys

from sim import own_network


def address() -> str:
    """Where they meet: the namespace's address, or loopback outside of one."""
    return own_network.ADDRESS if own_network.inside() else "127.0.0.1"


def enter(module: str) -> None:
    """Start ``python -m module`` again inside a namespace of its own; returns when it is inside."""
    if own_network.inside():
        return
    line, environment = own_network.command((sys.executable, "-m", module, *sys.argv[1:]))
    os.execvpe(line[0], line, environment)  # noqa: S606 - no shell expands a peer's word
