"""Rooms, numbers and names of the demo world, and the gateway's file that makes them."""

import secrets
from dataclasses import dataclass
from pathlib import Path

BRIDGE = "hill"
RADIO_CODEC = "PCMU"
DESK_NUMBER = "101"
DESK_NAME = "Duty desk phone"


@dataclass(frozen=True, slots=True)
class Place:
    """A room of the city command."""

    room: str
    name: str
    number: str
    """What phones dial."""


@dataclass(frozen=True, slots=True)
class Radio:
    """A channel at the radio site, and the room that it is in."""

    channel: str
    name: str
    room: str


CENTER = Place("center", "Command center", "8001")
FIRE = Place("fire", "Fire", "8003")
DRAINAGE = Place("drainage", "Drainage", "8004")
PLACES = (
    CENTER,
    Place("hq", "On-site HQ", "8002"),
    FIRE,
    DRAINAGE,
    Place("traffic", "Traffic", "8005"),
)
RADIOS = (Radio("vhf1", "VHF command", CENTER.room), Radio("vhf2", "VHF fire ground", FIRE.room))


def secret(folder: Path, name: str) -> Path:
    """A new password in a file for its owner only."""
    path = folder / name
    path.touch(mode=0o600)
    path.write_text(f"{secrets.token_urlsafe(24)}\n", encoding="ascii")
    return path


def gateway_sections(*, sip_port: int, desk_password: Path, radio: bool) -> str:
    """What the gateway's file says beyond its ports and folders. Loopback only."""
    rooms = "".join(f'[[rooms]]\nid = "{place.room}"\nname = "{place.name}"\n' for place in PLACES)
    numbers = "".join(
        f'[[sip.rooms]]\nnumber = "{place.number}"\nroom = "{place.room}"\n' for place in PLACES
    )
    channels = "".join(
        f'[[radio.channels]]\nbridge = "{BRIDGE}"\nchannel = "{one.channel}"\nname = "{one.name}"\n'
        f'room = "{one.room}"\ncodec = "{RADIO_CODEC}"\ntx = true\n'
        for one in RADIOS
    )
    return (
        f'{rooms}[sip]\nlisten_udp = ["127.0.0.1:{sip_port}"]\n'
        f'[[sip.users]]\nnumber = "{DESK_NUMBER}"\nname = "{DESK_NAME}"\npassword_file = "{desk_password}"\n'
        f"{numbers}{channels if radio else ''}"
    )
