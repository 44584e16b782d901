"""The file of a radio site, ``site.toml``."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from adapters.bridges.brokers import BrokerConfig
from adapters.radio.contract.limits import CHANNELS_MAX
from adapters.radio.contract.names import OPUS, PCMU, Direction
from adapters.radio.contract.topics import ROOT, is_name

_READY_MS_MAX, _TAIL_MS_MAX, _PLAYOUT_MS_MAX = 400, 2000, 300
_LIMIT_MS = range(1000, 600_001)


class Codec(StrEnum):
    """How a channel's sound is coded; the frames are 20 ms."""

    OPUS = "opus"
    PCMU = "PCMU"

    @property
    def term(self) -> str:
        """The contract's name."""
        return OPUS if self is Codec.OPUS else PCMU


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class ChannelConfig:
    """``[[channels]]``: one radio channel."""

    id: str
    """Name in the contract: a to z, 0 to 9 and ``-``, at most 32."""
    name: str = ""
    """What people read."""
    codec: Codec = Codec.OPUS
    """opus or PCMU."""
    direction: Direction = Direction.RXTX
    """rx, tx or rxtx: what the radio can do. What it may do is the hub's to say."""
    ready_ms: int = 0
    """From PTT to the first moment that carries speech."""
    tail_ms: int = 0
    """Kept keyed so long after the last frame."""
    playout_ms: int = 60
    """The first frame waits so long for later ones: jitter of the way to the hub."""
    limit_ms: int = 180_000
    """Longest transmission; the hub may say less."""
    busy_lockout: bool = True
    """While something is received, only an emergency is transmitted."""
    parrot_ms: int = 0
    """Simulated radio: answer what was transmitted with the same, after this pause; 0: no."""
    squelch_tail_ms: int = 0
    """Simulated radio: after each transmission its receiver hears noise for so long; 0: nothing."""

    def __post_init__(self) -> None:
        if not is_name(self.id):
            raise ValueError("id: a to z, 0 to 9 and '-', at most 32, and not 'hub'")
        for name, value, most in (
            ("ready_ms", self.ready_ms, _READY_MS_MAX),
            ("tail_ms", self.tail_ms, _TAIL_MS_MAX),
            ("playout_ms", self.playout_ms, _PLAYOUT_MS_MAX),
        ):
            if not 0 <= value <= most:
                raise ValueError(f"{name}: 0 to {most}")
        if self.limit_ms not in _LIMIT_MS:
            raise ValueError(f"limit_ms: {_LIMIT_MS[0]} to {_LIMIT_MS[-1]}")
        if self.parrot_ms < 0:
            raise ValueError("parrot_ms: 0 or more")
        if not 0 <= self.squelch_tail_ms <= _TAIL_MS_MAX:
            raise ValueError(f"squelch_tail_ms: 0 to {_TAIL_MS_MAX}")


@dataclass(frozen=True, slots=True)
class SiteConfig:
    """One bridge: where it connects and what it has."""

    bridge: str
    """Name of the bridge; the hub knows it by this, the broker lets it speak for this one only."""
    brokers: tuple[BrokerConfig, ...]
    """``[[brokers]]`` tables, the preferred one first."""
    channels: tuple[ChannelConfig, ...]
    """``[[channels]]`` tables."""
    name: str = ""
    """What people read."""
    root: str = ROOT
    """First part of every topic; the hub's."""
    log: LogLevel = LogLevel.INFO
    """debug, info, warning or error."""
    ptt_edges: Path = Path("ptt.edges")
    """File that the PTT watchdog writes each keying and unkeying to."""
    air: Path = Path("air")
    """Simulated radio: folder where it writes what it transmits."""
    control: Path | None = None
    """Simulated radio: unix socket that it takes orders on. Default none."""

    def __post_init__(self) -> None:
        if not is_name(self.bridge):
            raise ValueError("bridge: a to z, 0 to 9 and '-', at most 32, and not 'hub'")
        if not self.brokers:
            raise ValueError("at least one [[brokers]] table")
        ids = [channel.id for channel in self.channels]
        if not 1 <= len(ids) <= CHANNELS_MAX or len(set(ids)) != len(ids):
            raise ValueError(f"1 to {CHANNELS_MAX} [[channels]] tables, each with an id of its own")
