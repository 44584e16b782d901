"""A network of a story's own: a namespace with loopback and one address, and no way out of it.

Programs that refuse loopback (Janus, Firefox, a Chromium without its switch) meet there. A process enters
at its start, so whoever wants to be inside starts itself again: as root, or as a plain user where the
kernel lets plain users make namespaces.
"""

import os
from collections.abc import Sequence

ADDRESS = "198.18.0.1"
"""From the range for benchmarks (RFC 2544)."""

_MARK = "CROSSPATCH_OWN_NETWORK"
_SETUP = (
    "ip link set lo up && ip link add own0 type veth peer name own1 && "
    "ip link set own0 up && ip link set own1 up && "
    f'ip addr add {ADDRESS}/32 dev own0 && exec "$@"'
)


def inside() -> bool:
    """Whether this process was started by ``command``."""
    return _MARK in os.environ


def command(program: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The command line and the environment that run ``program`` inside."""
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", *user, "--net", "sh", "-c", _SETUP, "sh", *program], {**os.environ, _MARK: "1"}
