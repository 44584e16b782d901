"""A demo world from its start to its end.

Starting: the gateway, then the bearers, then everybody at once. Ending is the other way round: responders say
goodbye, the phone hangs up, the radio site unkeys, the gateway stops last. Whoever is lost meanwhile comes
back by itself; only without the gateway there is no world.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from sim.demo.desk_phone import DeskPhone
from sim.demo.leash import end_with_parent, leashed
from sim.demo.radio_site import RadioSite, broker_missing, radio_site
from sim.demo.responder import Person, Responder
from sim.demo.scene import Scene, Tint
from sim.demo.setting import BRIDGE, CENTER, DESK_NAME, DRAINAGE, FIRE, RADIOS, gateway_sections, secret
from sim.demo.tally import Tally
from sim.demo.town import RING, RIVER_BANK, Round
from sim.gateway import CROSSPATCH, Gateway, free_port, gateway
from sim.radio.site import BridgeFailed

_LINK_TTL = "12h"
_GRANTS = "listen,talk,video,data,dispatch"
_START_S = 40.0
_COUNT_EVERY_S = 60.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What whoever starts a world may choose."""

    port: int
    """Of HTTP; 0 takes any free one."""
    traffic: float
    """How much more often than usual somebody speaks by himself."""
    radio: bool = True
    numbered: bool = False
    """Voices are the numbered signal, and listeners count what they did not hear."""


@dataclass(frozen=True, slots=True)
class World:
    """A running one. ``link``: the console; ``responder_link``: the room where everybody is."""

    link: str
    responder_link: str
    hub: Gateway
    life: asyncio.Task[None]
    """Of everybody in it; ends only by a fault."""
    has_radio: bool

    async def last(self) -> str:
        """Wait until it cannot go on; why."""
        ended = asyncio.create_task(self.hub.ended())
        try:
            await asyncio.wait({ended, self.life}, return_when=asyncio.FIRST_COMPLETED)
            if self.life.done():
                self.life.result()
            return await ended
        finally:
            ended.cancel()


@asynccontextmanager
async def world(folder: Path, wishes: Wishes, say: Say) -> AsyncIterator[World]:
    """Everybody in place; nothing is left of it at the end but ``folder``, which is the caller's.

    ``say`` gets lines for people. Raises GatewayFailed.
    """
    has_radio = wishes.radio and not broker_missing()
    if wishes.radio and not has_radio:
        say("mosquitto is not installed: this world has no radio\n  hint: apt install mosquitto")
    sip_port = free_port(socket.SOCK_DGRAM, 1)
    password = secret(folder, "desk-phone.password")
    sections = gateway_sections(sip_port=sip_port, desk_password=password, radio=has_radio)
    async with AsyncExitStack() as stack:
        hub = await stack.enter_async_context(
            gateway(folder, more=sections, program=leashed(CROSSPATCH), port=_free(wishes.port, say))
        )
        token = await hub.token(grants=_GRANTS, ttl=_LINK_TTL)
        link = f"{hub.url}/#token={token}"
        responder_link = f"{hub.url}/r/{CENTER.room}#token={token}"
        tallies = _tallies(stack) if wishes.numbered else []
        phone = DeskPhone(
            ("127.0.0.1", sip_port),
            password.read_text().strip(),
            folder / "heard.wav",
            say,
            wishes.traffic,
            tallies[0] if tallies else None,
        )
        responders = [
            Responder(person, hub.url, token, say, wishes.traffic, counted=wishes.numbered)
            for person in _people()
        ]
        lives = [phone.live(), *(responder.live() for responder in responders)]
        radio = await _radio(folder, hub, wishes, say, stack, tallies[1:]) if has_radio else []
        lives += radio
        if tallies:
            lives.append(_count(tallies, hub, say))
        life = await stack.enter_async_context(_living(lives))
        await _settled([phone.up, *(responder.up for responder in responders)], life, say)
        yield World(link, responder_link, hub, life, bool(radio))


def _tallies(stack: AsyncExitStack) -> list[Tally]:
    """Of the desk phone and of each channel's air; the decoder has a process of its own."""
    judges = stack.enter_context(ProcessPoolExecutor(1, get_context("spawn"), end_with_parent))
    return [Tally(name, judges) for name in (DESK_NAME, *(radio.name for radio in RADIOS))]


def _people() -> tuple[Person, Person]:
    return (
        Person(
            name="Li Na",
            unit="Engine 7",
            command_room=CENTER.room,
            own_room=FIRE.room,
            scene=Scene(Tint(150, 118), 7),
            round=Round(RING, speed_mps=9.0),
            status="en_route",
            first_call_s=30.0,
        ),
        Person(
            name="Ben Ortiz",
            unit="Pump 2",
            command_room=CENTER.room,
            own_room=DRAINAGE.room,
            scene=Scene(Tint(112, 146), 2),
            round=Round(RIVER_BANK, speed_mps=1.5),
            status="on_scene",
            first_call_s=65.0,
        ),
    )


async def _radio(
    folder: Path, hub: Gateway, wishes: Wishes, say: Say, stack: AsyncExitStack, tallies: Sequence[Tally]
) -> list[Coroutine[None, None, None]]:
    """The radio site's life, if it came up."""
    try:
        site: RadioSite = await stack.enter_async_context(
            radio_site(folder / "site", hub.store / "radio" / "bridges" / BRIDGE)
        )
        await hub.radios_may_key(within_s=_START_S)
    except (BridgeFailed, TimeoutError) as error:
        say(f"the radio site did not come up: this world has no radio\n{error}")
        return []
    return [site.live(say, wishes.traffic, tallies)]


async def _count(tallies: Sequence[Tally], hub: Gateway, say: Say) -> None:
    """For ever: what was heard so far, and what the gateway complained of in its log."""
    while True:
        await asyncio.sleep(_COUNT_EVERY_S)
        for tally in tallies:
            say(tally.line())
        say(f"Gateway's log: {hub.complaints['error']} errors, {hub.complaints['warning']} warnings")


@asynccontextmanager
async def _living(lives: list[Coroutine[None, None, None]]) -> AsyncIterator[asyncio.Task[None]]:
    """All of them in one task, ended at the end."""

    async def together() -> None:
        async with asyncio.TaskGroup() as tasks:
            for one in lives:
                tasks.create_task(one)

    task = asyncio.create_task(together(), name="demo world")
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _settled(ups: list[asyncio.Event], life: asyncio.Task[None], say: Say) -> None:
    """Everybody is in place, or it is said that somebody is not. Raises what ended the life of all."""

    async def all_up() -> None:
        for up in ups:
            await up.wait()

    waiting = asyncio.create_task(all_up())
    await asyncio.wait({waiting, life}, timeout=_START_S, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if life.done():
        life.result()
    late = sum(not up.is_set() for up in ups)
    if late:
        say(f"{late} of {len(ups)} are not in place yet; they keep trying")


def _free(port: int, say: Say) -> int:
    """This port, or any where it is taken."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            say(f"port {port} is taken: taking another one")
            return 0
    return port
