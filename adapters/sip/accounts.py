"""What the SIP thread is told of users and rooms before the first packet comes, and who we are elsewhere."""

import os
from pathlib import Path

from adapters._kit.secret_file import SecretUnusable, read_secret
from adapters.sip import native
from adapters.sip.config import SipConfig, SipUser
from adapters.sip.transport import Transport
from adapters.sip.trunk_config import SipTrunk


class Unusable(Exception):
    """A user's secret cannot be used; the text says what to do."""


def introduce(config: SipConfig, transport: Transport) -> None:
    """Hand in users and public rooms. Raises Unusable, OSError."""
    edge = transport.edge
    for user in config.users:
        sha256, md5 = _ha1(user, config.realm)
        transport.order(lambda number=user.number, a=sha256, b=md5: edge.set_user(number, a, b))  # type: ignore[misc]
    for room in config.rooms:
        if room.public:
            transport.order(lambda number=room.number: edge.set_public(number, public=True))  # type: ignore[misc]


def account(trunk: SipTrunk) -> tuple[str, str] | None:
    """Our digest user and password at a trunk; None: we have none there. Raises Unusable, OSError."""
    if not trunk.has_password:
        return None
    if trunk.password_file is not None:
        return trunk.login or trunk.user, _password(trunk.password_file)
    password = os.environ.get(trunk.password_env, "")
    if not password:
        raise Unusable(f"[[sip.trunks]] {trunk.name}: the environment has no {trunk.password_env}; set it")
    return trunk.login or trunk.user, password


def _ha1(user: SipUser, realm: str) -> tuple[str, str]:
    if user.password_file is None:
        return user.ha1, user.ha1_md5
    return native.sip_ha1(user.number, realm, _password(user.password_file))


def _password(path: Path) -> str:
    try:
        return read_secret(path, "password")
    except SecretUnusable as error:
        raise Unusable(f"[sip] password_file {error}") from error
