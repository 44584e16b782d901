"""How many descriptors the process may have: a call needs two, a connection one."""

import resource
from contextlib import suppress


def raise_limit() -> None:
    """As many as whoever started us allows (getrlimit(2)): shells give 1,024 unless asked for more."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # A container may refuse even that; then the limit stays, and each door keeps its own bounds.
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
