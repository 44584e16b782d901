"""Addresses of the contract: ``{root}/1/{bridge}/up|dn/...``, and how messages of each kind are delivered."""

import re
from dataclasses import dataclass
from enum import StrEnum

VERSION = 1
ROOT = "rb"
HUB = "hub"
"""In the place of a bridge: the hub's own state. No bridge can have this name."""

_NAME = re.compile(r"[a-z0-9-]{1,32}")


class Kind(StrEnum):
    """The last part of a topic."""

    STATE = "state"
    BIRTH = "birth"
    HEARTBEAT = "hb"
    STATUS = "st"
    EVENT = "ev"
    RECEIVED = "rx"
    FLOOR = "floor"
    REPLY = "re"
    CONFIG = "cfg"
    TRANSMIT = "tx"
    COMMAND = "cmd"


@dataclass(frozen=True, slots=True)
class Delivery:
    """QoS, retain flag and message expiry (seconds; None: never) that a kind is published with."""

    qos: int
    retain: bool = False
    expiry_s: int | None = None


UP: dict[Kind, Delivery] = {
    Kind.STATE: Delivery(1, retain=True),
    Kind.BIRTH: Delivery(1, retain=True),
    Kind.HEARTBEAT: Delivery(0),
    Kind.REPLY: Delivery(1, expiry_s=10),
}
UP_CHANNEL: dict[Kind, Delivery] = {
    Kind.STATUS: Delivery(1, retain=True, expiry_s=90),
    Kind.EVENT: Delivery(1, expiry_s=60),
    Kind.RECEIVED: Delivery(0),
    Kind.FLOOR: Delivery(1, expiry_s=2),
}
DOWN: dict[Kind, Delivery] = {
    Kind.CONFIG: Delivery(1, expiry_s=30),
    Kind.HEARTBEAT: Delivery(0),
}
DOWN_CHANNEL: dict[Kind, Delivery] = {
    Kind.TRANSMIT: Delivery(0),
    Kind.FLOOR: Delivery(1, expiry_s=2),
    Kind.COMMAND: Delivery(1, expiry_s=5),
}
STATUS_REFRESH_S = 30.0
"""A status is published again so often, and when it changes, at most ten times a second."""


@dataclass(frozen=True, slots=True)
class Address:
    """A topic taken apart. ``channel`` None: it is of the bridge as a whole."""

    bridge: str
    up: bool
    kind: Kind
    channel: str | None = None

    @property
    def delivery(self) -> Delivery:
        return _table(up=self.up, channel=self.channel is not None)[self.kind]


def is_name(text: str) -> bool:
    """Whether a bridge or a channel may have this name."""
    return text != HUB and _NAME.fullmatch(text) is not None


def topic(address: Address, root: str = ROOT) -> str:
    """The topic of an address."""
    channel = "" if address.channel is None else f"ch/{address.channel}/"
    return f"{root}/{VERSION}/{address.bridge}/{'up' if address.up else 'dn'}/{channel}{address.kind}"


def parse(text: str, root: str = ROOT) -> Address | None:
    """The address of a topic; None for one that the contract does not have."""
    head = f"{root}/{VERSION}/"
    if not text.startswith(head):
        return None
    match text[len(head) :].split("/"):
        case [bridge, ("up" | "dn") as way, last]:
            channel = None
        case [bridge, ("up" | "dn") as way, "ch", channel, last]:
            pass
        case _:
            return None
    table = _table(up=way == "up", channel=channel is not None)
    if last not in table or not is_name(bridge) or (channel is not None and not is_name(channel)):
        return None
    return Address(bridge, way == "up", Kind(last), channel)


def hub_state(root: str = ROOT) -> str:
    """Where the hub says that it is there."""
    return f"{root}/{VERSION}/{HUB}/{Kind.STATE}"


def untimed_up(root: str = ROOT) -> tuple[str, ...]:
    """Topic filters for everything that bridges send outside of the timed path."""
    head = f"{root}/{VERSION}/+/up"
    return (
        *(f"{head}/{kind}" for kind in (Kind.STATE, Kind.BIRTH, Kind.REPLY)),
        *(f"{head}/ch/+/{kind}" for kind in (Kind.STATUS, Kind.EVENT)),
    )


def _table(*, up: bool, channel: bool) -> dict[Kind, Delivery]:
    if up:
        return UP_CHANNEL if channel else UP
    return DOWN_CHANNEL if channel else DOWN
