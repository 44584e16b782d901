"""How many descriptors the process may have: a call needs two, a connection one."""

import resource
from contextlib import suppress

ENOUGH = 65_536
"""More than all our limits together need; some programs that we start make a table as long as theirs is."""


def raise_limit() -> None:
    """As many as whoever started us allows (getrlimit(2)): shells give 1,024 unless asked for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        # A container may refuse even that; then the limit stays, and each door keeps its own bounds.
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
