"""Section ``[radio]``: the door for two-way radios. Closed unless it names a channel."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from adapters.radio.broker_files import HUB, HUB_CONTROL
from adapters.radio.contract.limits import CHANNELS_MAX
from adapters.radio.contract.topics import ROOT, is_name
from gateway.ports.media import PhoneCodec

_PORT_BY_SCHEME = {"mqtt": 1883, "mqtts": 8883}
_PRIORITY_MAX = 191
"""192 and more is emergency's."""
BRIDGES_MAX = 64


@dataclass(frozen=True, slots=True)
class RadioChannel:
    """``[[radio.channels]]``: one channel of a bridge, and the room that it is in.

    Every channel is taken as half duplex: while it transmits, nothing that it reports is somebody talking.
    """

    bridge: str
    """The bridge's name, which is also its user name at the broker: a-z, 0-9 and ``-``, at most 32."""
    channel: str
    """Its name at the bridge; the same letters."""
    room: str
    """Id of the room. Several channels may be in one room, which joins them."""
    name: str = ""
    """What people read. Default: the channel."""
    rx: bool = True
    """Whether the room hears it."""
    tx: bool = False
    """Whether what is said in the room is transmitted. Off unless you say so."""
    codec: PhoneCodec = PhoneCodec.OPUS
    """opus, or PCMU for bridges that know nothing better; a bridge without the one gets the other."""
    priority: int = 64
    """Of our keys at the bridge, 0 to 191; a higher one takes the transmitter from a lower one."""
    late_ms: int = 250
    """Milliseconds after which speech, or the order to transmit it, is too old for the air; 50 to 2000."""
    watchdog_ms: int = 300
    """Milliseconds without speech after which the bridge unkeys; 100 to 2000."""
    tot_ms: int = 60_000
    """Milliseconds of the longest transmission; 1000 to 600000."""
    penalty_ms: int = 3000
    """Milliseconds of silence that the bridge asks for after a transmission that ``tot_ms`` cut off."""
    hang_ms: int = 150
    """Milliseconds that the radio keeps the floor after its carrier closed, so that a fade is no end."""
    tail_ms: int = 150
    """Milliseconds after our own transmission in which a carrier is its squelch tail and nobody; doubles
    by itself, up to 5000, while tails outlast it."""
    kerchunk_ms: int = 400
    """Milliseconds; after three shorter carriers one must last so long to take the floor; 0: never."""
    talk_limit_ms: int = 0
    """Milliseconds of the longest talkspurt from the air; then its carrier must close. 0: the room's."""

    def __post_init__(self) -> None:
        if not is_name(self.bridge) or not is_name(self.channel):
            raise ValueError("bridge and channel of a-z, 0-9 and -, at most 32, and no bridge called hub")
        if self.codec not in (PhoneCodec.OPUS, PhoneCodec.PCMU):
            raise ValueError("codec: opus or PCMU")
        for key, value, least, most in (
            ("priority", self.priority, 0, _PRIORITY_MAX),
            ("late_ms", self.late_ms, 50, 2000),
            ("watchdog_ms", self.watchdog_ms, 100, 2000),
            ("tot_ms", self.tot_ms, 1000, 600_000),
            ("penalty_ms", self.penalty_ms, 0, 60_000),
            ("hang_ms", self.hang_ms, 0, 5000),
            ("tail_ms", self.tail_ms, 0, 5000),
            ("kerchunk_ms", self.kerchunk_ms, 0, 500),
            ("talk_limit_ms", self.talk_limit_ms, 0, 600_000),
        ):
            if not least <= value <= most:
                raise ValueError(f"{key}: {least} to {most}")


@dataclass(frozen=True, slots=True)
class RadioConfig:
    """Which radios are in which rooms, and over which MQTT broker their bridges are reached.

    The hub has two names at a broker, one for all that is timed (``user``) and one for the rest
    (``control_user``): a broker lets one connection have a name. Without a ``broker`` Mosquitto is run
    beside the hub, on loopback, with new passwords at each start.
    """

    broker: str = ""
    """``mqtts://host:8883``, or ``mqtt://`` where nobody can listen in. Default: one of our own."""
    root: str = ROOT
    """First part of all topics."""
    user: str = "hub"
    """Our name at the broker for heartbeats, floor and speech."""
    password_file: Path | None = None
    """File with its password on the first line; readable by the gateway only (mode 0600)."""
    cert: Path | None = None
    """Instead, or with it: PEM file with a client certificate chain for that name."""
    key: Path | None = None
    """PEM file with its private key."""
    control_user: str = "hub-ctl"
    """Our other name at the broker."""
    control_password_file: Path | None = None
    """The same for that one."""
    control_cert: Path | None = None
    """The same for that one."""
    control_key: Path | None = None
    """The same for that one."""
    authorities: Path | None = None
    """PEM file of authorities that the broker's certificate is checked against; needed with ``mqtts``."""
    channels: tuple[RadioChannel, ...] = ()
    """``[[radio.channels]]`` tables. Default none: no broker is run and no connection is made."""

    def __post_init__(self) -> None:
        places = [(channel.bridge, channel.channel) for channel in self.channels]
        twice = {place for place in places if places.count(place) > 1}
        if twice:
            raise ValueError(f"one entry for channel {'/'.join(min(twice))}")
        self._check_bridges()
        if (self.cert is None) is not (self.key is None) or (self.control_cert is None) is not (
            self.control_key is None
        ):
            raise ValueError("a cert and its key, or neither")
        if not self.root or set("+#\0") & set(self.root):
            raise ValueError("root: the first part of a topic, without + and #")
        if self.broker:
            scheme, _, _ = address(self.broker)
            if scheme == "mqtts" and self.authorities is None:
                raise ValueError(
                    "mqtts needs authorities: the PEM file that the broker's certificate is from"
                )
            if self.user == self.control_user:
                raise ValueError("user and control_user: two names, a broker lets one connection have a name")

    def _check_bridges(self) -> None:
        for bridge in self.bridges:
            if sum(channel.bridge == bridge for channel in self.channels) > CHANNELS_MAX:
                raise ValueError(f"at most {CHANNELS_MAX} channels of bridge {bridge}")
            if bridge in self._own_names:
                raise ValueError(f"no bridge called {bridge}: that is the gateway's own name at the broker")
        if len(self.bridges) > BRIDGES_MAX:
            raise ValueError(f"at most {BRIDGES_MAX} bridges")

    @property
    def _own_names(self) -> tuple[str, str]:
        """A second connection under one of them would end the gateway's, again and again."""
        return (self.user, self.control_user) if self.broker else (HUB, HUB_CONTROL)

    @property
    def bridges(self) -> tuple[str, ...]:
        """Every bridge that has a channel here, in the order of the file."""
        return tuple(dict.fromkeys(channel.bridge for channel in self.channels))


def address(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a broker's URL. Raises ValueError."""
    parts = urlsplit(url)
    if (
        parts.scheme not in _PORT_BY_SCHEME
        or not parts.hostname
        or parts.path.strip("/")
        or "@" in parts.netloc
    ):
        raise ValueError(
            "broker: mqtts://host:port or mqtt://host:port; the password goes into password_file"
        )
    return parts.scheme, parts.hostname, parts.port or _PORT_BY_SCHEME[parts.scheme]
