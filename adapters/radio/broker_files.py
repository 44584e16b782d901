"""What the embedded Mosquitto reads: its configuration, who may connect, who may say what where.

Everything lies in one folder of mode 0700, each file 0600. Passwords are made anew at each start of the hub,
so what a copy of the folder tells is worth nothing after it.
"""

import base64
import hashlib
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

HUB, HUB_CONTROL = "hub", "hub-ctl"
"""The hub's two connections: all that is timed, and all that is not. ``use_username_as_clientid`` lets a
second connection under one name evict the first, hence one name a connection."""

_ITERATIONS, _SALT_BYTES = 101, 12
"""mosquitto_passwd's own; the passwords are random, so that no dictionary makes them cheap to guess."""
_STRANGERS_MAX = 64
"""Connections beyond one for each name: those that have not said yet who they are."""


@dataclass(frozen=True, slots=True)
class Login:
    """One identity on the broker."""

    username: str
    password: str = field(repr=False)


def new_logins(bridges: Iterable[str]) -> dict[str, Login]:
    """A login by name for the hub's connections and each bridge."""
    return {name: Login(name, secrets.token_urlsafe(24)) for name in (HUB, HUB_CONTROL, *bridges)}


def write_files(folder: Path, port: int, logins: Mapping[str, Login], root: str) -> Path:
    """Write all; the path of the configuration file. Raises OSError.

    A bridge on this machine finds its address and password as a URL in ``bridges/NAME``.
    """
    for below in (folder, folder / "bridges"):
        below.mkdir(mode=0o700, parents=True, exist_ok=True)
        below.chmod(0o700)
    users, access, config = folder / "users", folder / "access", folder / "mosquitto.conf"
    _write(users, "".join(f"{login.username}:{_hashed(login.password)}\n" for login in logins.values()))
    _write(access, "\n".join(_access(root, logins)) + "\n")
    for login in logins.values():
        if login.username not in (HUB, HUB_CONTROL):
            url = f"mqtt://{login.username}:{login.password}@127.0.0.1:{port}\n"
            _write(folder / "bridges" / login.username, url)
    _write(config, "\n".join(_config(port, users, access, len(logins))) + "\n")
    return config


def _config(port: int, users: Path, access: Path, names: int) -> Sequence[str]:
    lines = [
        f"listener {port} 127.0.0.1",
        f"max_connections {names + _STRANGERS_MAX}",
        "allow_anonymous false",
        f"password_file {users}",
        f"acl_file {access}",
        "use_username_as_clientid true",
        "set_tcp_nodelay true",  # else frames wait for each other's acknowledgement, ten at a time
        "max_packet_size 8192",
        "max_topic_alias 32",
        "max_queued_messages 200",
        "max_inflight_messages 16",
        "max_keepalive 30",
        "persistence false",
        "log_dest stderr",
        "log_type error",
        "log_type warning",
        "log_timestamp false",
        "connection_messages false",
    ]
    # Started as root it would become the user `mosquitto`, who cannot read files of mode 0600.
    return [*lines, "user root"] if os.geteuid() == 0 else lines


def _access(root: str, names: Iterable[str]) -> Sequence[str]:
    """Bridges see their own tree and the hub's state. What keys a transmitter is ``hub``'s alone to say."""
    tree = f"{root}/1"
    bridges = [name for name in names if name not in (HUB, HUB_CONTROL)]
    return (
        f"user {HUB}",
        f"topic readwrite {tree}/#",
        f"user {HUB_CONTROL}",
        f"topic read {tree}/#",
        f"topic write {tree}/+/dn/cfg",
        f"topic write {tree}/+/dn/ch/+/cmd",
        *(line for name in bridges for line in (f"user {name}", f"topic read {tree}/hub/#")),
        f"pattern write {tree}/%u/up/#",
        f"pattern read {tree}/%u/dn/#",
    )


def _hashed(password: str) -> str:
    """Mosquitto's form ``$7$``: PBKDF2 with SHA-512."""
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
    return f"$7${_ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def _write(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)  # an old one may have been opened up to others
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as file:
        file.write(text)
