"""The broker that is used: the configured one, or Mosquitto beside the hub."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.radio.broker import EmbeddedBroker
from adapters.radio.broker_files import HUB, HUB_CONTROL
from adapters.radio.config import RadioConfig, address
from adapters.radio.control import Broker, Identity

_OTHERS = 0o077


@asynccontextmanager
async def chosen(config: RadioConfig, folder: Path) -> AsyncIterator[tuple[Broker, EmbeddedBroker | None]]:
    """Where and as whom to connect; the embedded one runs as long as the context.

    Raises BrokerMissing, BrokerFailed, ValueError, OSError.
    """
    if config.broker:
        yield external(config), None
        return
    async with EmbeddedBroker(folder, config.bridges, config.root) as embedded:
        timed, control = (embedded.logins[name] for name in (HUB, HUB_CONTROL))
        yield (
            Broker(
                embedded.host,
                embedded.port,
                Identity(timed.username, timed.password),
                Identity(control.username, control.password),
            ),
            embedded,
        )


def external(config: RadioConfig) -> Broker:
    """The configured broker. Raises ValueError for what is wrong with a file, OSError when there is none."""
    scheme, host, port = address(config.broker)
    timed = Identity(config.user, _password(config.password_file), _certificate(config.cert, config.key))
    control = Identity(
        config.control_user,
        _password(config.control_password_file),
        _certificate(config.control_cert, config.control_key),
    )
    if scheme == "mqtt":
        return Broker(host, port, timed, control)
    if config.authorities is None:
        raise ValueError("[radio] authorities: the PEM file that the broker's certificate is from")
    tls = ssl.create_default_context(cafile=str(config.authorities))
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    if config.control_cert is not None:
        tls.load_cert_chain(config.control_cert, config.control_key)
    return Broker(host, port, timed, control, config.authorities.read_bytes(), tls)


def _password(path: Path | None) -> str | None:
    if path is None:
        return None
    if path.stat().st_mode & _OTHERS:
        raise ValueError(f"{path}: others can read it; type: chmod 600 {path}")
    return path.read_text(encoding="utf-8").partition("\n")[0]


def _certificate(cert: Path | None, key: Path | None) -> tuple[bytes, bytes] | None:
    return None if cert is None or key is None else (cert.read_bytes(), key.read_bytes())
