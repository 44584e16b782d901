"""Where a bridge connects: an ordered list of brokers, each with its own identity there."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from adapters._kit.secret_file import SecretUnusable, read_secret

_PORTS = {"mqtt": 1883, "mqtts": 8883}


class BrokerUnusable(Exception):
    """A broker's entry cannot be used as it stands; the text says what to do."""


@dataclass(frozen=True, slots=True)
class BrokerConfig:
    """``[[brokers]]``: one broker, in the order of preference."""

    url: str = ""
    """``mqtts://host:8883``, or ``mqtt://`` where nobody can listen in."""
    url_file: Path | None = None
    """Instead: a file with the URL, name and password in it; the hub on this machine writes one for each of
    its bridges (``radio/bridges/NAME`` in its data directory). Read again at each attempt."""
    username: str = ""
    """Default: the bridge's name."""
    password_file: Path | None = None
    """File with the password on its first line; readable by its owner only (mode 0600)."""
    authorities: Path | None = None
    """PEM file of the authorities that the broker's certificate is checked against. Default: the system's."""
    cert: Path | None = None
    """PEM file with our certificate chain, whose name is the bridge's."""
    key: Path | None = None
    """PEM file with its private key; needed with ``cert``."""

    def __post_init__(self) -> None:
        if bool(self.url) is (self.url_file is not None):
            raise ValueError("either url or url_file")
        if self.url:
            split(self.url)
            if "@" in self.url:
                raise ValueError("a url without a password: use password_file")
        if (self.cert is None) is not (self.key is None):
            raise ValueError("cert and key, or neither")


@dataclass(frozen=True, slots=True)
class Address:
    """A broker as it is connected to."""

    host: str
    port: int
    tls: ssl.SSLContext | None
    username: str
    password: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def resolve(config: BrokerConfig, bridge: str) -> Address:
    """Read what the entry points to. Raises BrokerUnusable."""
    try:
        url = read_secret(config.url_file, "URL") if config.url_file is not None else config.url
        scheme, host, port, username, password = split(url)
        if config.password_file is not None:
            password = read_secret(config.password_file, "password")
        tls = _tls(config) if scheme == "mqtts" else None
    except SecretUnusable as error:
        raise BrokerUnusable(str(error)) from error
    except (OSError, ValueError) as error:
        raise BrokerUnusable(f"[[brokers]] {config.url or config.url_file}: {error}") from error
    return Address(host, port, tls, config.username or username or bridge, password)


def split(url: str) -> tuple[str, str, int, str, str]:
    """Scheme, host, port, user name and password of a broker's URL. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or parts.path not in {"", "/"}:
        raise ValueError("mqtt://host:port or mqtts://host:port")
    port = parts.port or _PORTS[parts.scheme]
    return parts.scheme, parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or "")


def _tls(config: BrokerConfig) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=config.authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if config.cert is not None:
        context.load_cert_chain(config.cert, config.key)
    return context
