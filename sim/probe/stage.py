"""A gateway of the probe's own and everybody who talks and listens in its talkgroup, on loopback."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sim.browser.chromium import chromium
from sim.demo.leash import leashed
from sim.demo.radio_site import broker_missing
from sim.demo.setting import secret
from sim.gateway import CROSSPATCH, Gateway, free_port, gateway
from sim.phone import Phone
from sim.probe.browser import PageLeg, page_leg
from sim.probe.figures import Kind
from sim.probe.house import SOURCE, House, house
from sim.probe.phone import PhoneLeg
from sim.probe.radio import CODEC, RadioLeg
from sim.probe.take import Spurt, Take
from sim.radio.site import BRIDGE as BRIDGE_PROGRAM
from sim.radio.site import Site, site

ROOM, OTHER_ROOM = "ops", "command"
"""The two that a gateway has without a configuration: a talkgroup, and one to be out of it."""
NUMBER = "8001"
_PHONES = ("101", "102", "103")
_BRIDGE = "hill"
_CHANNELS = ("vhf1", "vhf2")


class NeedsMosquitto(Exception):
    """No broker for the radios on this machine."""


class Leg(Protocol):
    """Somebody who can talk and listen."""

    async def talk(self, first: int, frames: int) -> Spurt:
        """One talkspurt; returns when it was let go."""

    async def forget(self) -> None:
        """What was heard so far."""

    async def take(self) -> Take:
        """What was heard since then."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A talker and another listener of each kind, and those who come late."""

    url: str
    media_port: int
    """Of the pages' media."""
    token: str
    house: House
    talkers: dict[Kind, Leg]
    listeners: dict[Kind, Leg]
    page: PageLeg
    """The listening one."""
    late_page: PageLeg
    late_phone: Phone
    radios: tuple[RadioLeg, RadioLeg]
    late_radio: str
    """The leg of the listening one."""

    def losing(self, percent: int) -> list[str]:
        """Packet rules: of all between pages and gateway so much is lost, each way, by the kernel's die."""
        lost = f"numgen random mod 100 < {percent} drop"
        page = self.url.rpartition(":")[2]
        others = f"ip saddr != {SOURCE} ip daddr != {SOURCE}"
        return [
            *(f"udp {end} {self.media_port} {lost}" for end in ("dport", "sport")),
            *(f"{others} tcp {end} {page} {lost}" for end in ("dport", "sport")),
        ]

    def clocks_ms(self) -> float:
        """How well all pages' clocks are known: the worst, milliseconds."""
        pages = [
            leg for leg in (*self.talkers.values(), self.page, self.late_page) if isinstance(leg, PageLeg)
        ]
        return max(page.clock.error_s for page in pages) * 1000


@asynccontextmanager
async def stage(folder: Path, *, forwarding: bool = True) -> AsyncIterator[Stage]:
    """All of them in the room. Raises NeedsMosquitto, ChromiumMissing, GatewayFailed, BridgeFailed."""
    if broker_missing():
        raise NeedsMosquitto("no mosquitto in PATH; on Debian: apt-get install mosquitto")
    port = free_port(socket.SOCK_DGRAM, 1)
    password = secret(folder, "phones.password")
    async with AsyncExitStack() as stack:
        browser = await stack.enter_async_context(chromium())
        more = _sections(port, password)
        hub = await stack.enter_async_context(
            gateway(folder, forwarding=forwarding, more=more, program=leashed(CROSSPATCH))
        )
        radio, token, dispatch = await asyncio.gather(
            stack.enter_async_context(_site(folder, hub)),
            hub.token(),
            hub.token(grants="listen,talk,dispatch"),
        )
        watching = await stack.enter_async_context(house(hub.url, dispatch, ROOM, OTHER_ROOM))
        pages = [await stack.enter_async_context(page_leg(browser)) for _ in range(3)]
        for number, page in enumerate(pages[:2], 1):
            await page.prepare(hub.url, token, ROOM, f"Page {number}")
            await page.enter()
        words = password.read_text(encoding="ascii").strip()
        phones = [
            await stack.enter_async_context(Phone.open(("127.0.0.1", port), number, words))
            for number in _PHONES
        ]
        calls = [await PhoneLeg.dial(phone, NUMBER) for phone in phones[:2]]
        radios = RadioLeg(radio, _CHANNELS[0], watching), RadioLeg(radio, _CHANNELS[1], watching)
        legs = await watching.legs("radio")
        yield Stage(
            url=hub.url,
            media_port=hub.media_port,
            token=token,
            house=watching,
            talkers={Kind.BROWSER: pages[0], Kind.PHONE: calls[0], Kind.RADIO: radios[0]},
            listeners={Kind.BROWSER: pages[1], Kind.PHONE: calls[1], Kind.RADIO: radios[1]},
            page=pages[1],
            late_page=pages[2],
            late_phone=phones[2],
            radios=radios,
            late_radio=legs[_CHANNELS[1]],
        )


@asynccontextmanager
async def _site(folder: Path, hub: Gateway) -> AsyncIterator[Site]:
    """Its bridge connected, and the clocks so far agreed that it may be keyed. Raises BridgeFailed."""
    url_file = hub.store / "radio" / "bridges" / _BRIDGE
    async with site(
        folder / "site", _BRIDGE, [url_file], *_CHANNELS, codec=CODEC, program=leashed(BRIDGE_PROGRAM)
    ) as running:
        await hub.radios_may_key()
        yield running


def _sections(sip_port: int, password: Path) -> str:
    users = "".join(
        f'[[sip.users]]\nnumber = "{number}"\nname = "Phone {number}"\npassword_file = "{password}"\n'
        for number in _PHONES
    )
    channels = "".join(
        f'[[radio.channels]]\nbridge = "{_BRIDGE}"\nchannel = "{channel}"\nroom = "{ROOM}"\n'
        f'codec = "{CODEC}"\ntx = true\n'
        for channel in _CHANNELS
    )
    return (
        f'[sip]\nlisten_udp = ["127.0.0.1:{sip_port}"]\n{users}'
        f'[[sip.rooms]]\nnumber = "{NUMBER}"\nroom = "{ROOM}"\n{channels}'
    )
