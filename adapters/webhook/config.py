"""Section ``[webhook]``: which programs are told what. Nobody is, unless it names a target."""

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from adapters.webhook.kinds import Kind

TARGETS_MAX = 16
_KEEP_MIN_S, _KEEP_MAX_S = 10, 86_400
_QUEUE_MIN, _QUEUE_MAX = 10, 100_000
_TIMEOUT_MIN_S, _TIMEOUT_MAX_S = 1, 60


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """``[[webhook.targets]]``: one address that is told."""

    url: str
    """``https://host/path``; plain ``http://`` only to this machine. Redirects are not followed."""
    secret_file: Path
    """File with the secret (``whsec_`` and base64) on its first line; readable by the gateway only."""
    kinds: tuple[Kind, ...] = ()
    """What is told, such as ``message.posted``. Default: everything."""
    rooms: tuple[str, ...] = ()
    """Ids of the rooms of which it is told. Default: all."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        local = parts.scheme == "http" and _is_here(parts.hostname or "")
        if not parts.hostname or not (parts.scheme == "https" or local):
            raise ValueError("url: https://host/path (plain http only to 127.0.0.1, ::1 or localhost)")
        if parts.username is not None or parts.fragment:
            raise ValueError("url: no password and no # in it")


@dataclass(frozen=True, slots=True)
class WebhookConfig:
    """How long and how often each target is tried."""

    targets: tuple[WebhookTarget, ...] = ()
    """Who is told; see above."""
    queue_len_max: int = 1000
    """Messages that wait for one target; one more drops the oldest, and the next one says how many."""
    keep_s: int = 900
    """Seconds after which a message that could not be delivered is dropped (10 to 86,400)."""
    timeout_s: int = 10
    """Seconds that one attempt may take (1 to 60)."""

    def __post_init__(self) -> None:
        if len(self.targets) > TARGETS_MAX:
            raise ValueError(f"targets: at most {TARGETS_MAX}")
        for key, value, least, most in (
            ("queue_len_max", self.queue_len_max, _QUEUE_MIN, _QUEUE_MAX),
            ("keep_s", self.keep_s, _KEEP_MIN_S, _KEEP_MAX_S),
            ("timeout_s", self.timeout_s, _TIMEOUT_MIN_S, _TIMEOUT_MAX_S),
        ):
            if not least <= value <= most:
                raise ValueError(f"{key}: {least} to {most}")


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
