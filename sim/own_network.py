"""A network of a story's own: a namespace with loopback and one address, and no way out of it.

Programs that refuse loopback (Janus, Firefox, a Chromium without its switch) meet there. A process enters
at its start, so whoever wants to be inside starts itself again: as root, or as a plain user where the
kernel lets plain users make namespaces.
"""

import asyncio
import os
from collections.abc import Sequence

ADDRESS = "198.18.0.1"
"""From the range for benchmarks (RFC 2544)."""

_NFT_S = 10.0

_MARK = "CROSSPATCH_OWN_NETWORK"
_SETUP = (
    "ip link set lo up && ip link add own0 type veth peer name own1 && "
    "ip link set own0 up && ip link set own1 up && "
    # Firefox gathers no candidate where there is no default route. This one leads nowhere.
    f'ip addr add {ADDRESS}/32 dev own0 && ip route add default dev own0 && exec "$@"'
)


def inside() -> bool:
    """Whether this process was started by ``command``."""
    return _MARK in os.environ


def command(program: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The command line and the environment that run ``program`` inside."""
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", *user, "--net", "sh", "-c", _SETUP, "sh", *program], {**os.environ, _MARK: "1"}


async def filter_packets(*rules: str) -> None:
    """Have the kernel apply these rules (nftables, chain output) to all that is sent inside, no former ones.

    Raises RuntimeError outside, and for rules that it does not take.
    """
    if not inside():
        raise RuntimeError("the network of this machine is not ours to filter")
    script = "\n".join(
        (
            "table inet story",
            "delete table inet story",
            "table inet story {",
            "chain sent {",
            "type filter hook output priority 0; policy accept;",
            *rules,
            "}",
            "}",
            "",
        )
    )
    process = await asyncio.create_subprocess_exec(
        "nft", "-f", "-", stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    _, err = await asyncio.wait_for(process.communicate(script.encode()), _NFT_S)
    if process.returncode:
        raise RuntimeError(f"nft refused: {err.decode()}")
