"""Rounds: in each, every kind of talker speaks once to all who are there and once while others come in."""

import asyncio
from collections.abc import Callable

from sim.own_network import filter_packets
from sim.probe.figures import Figures, Kind
from sim.probe.judge import entered, judge
from sim.probe.phone import PhoneLeg
from sim.probe.stage import NUMBER, OTHER_ROOM, ROOM, Stage

FRAMES = 235
"""4.7 s: into the fifth second."""
_LATE_FRAMES = 150
_LATE_AFTER_S = 0.5
_SHORT_FRAMES = 50
_SAY_EVERY = 10
_INDEXES_APART = 1000
_KEYED_S = 5.0
_LOOK_S = 0.02
_QUIET_S = 0.5
"""Behind the last PTT line: longer than the tail gate of a radio, and than any listener's buffer."""


async def run(stage: Stage, rounds: int, say: Callable[[str], None]) -> Figures:
    """Every talker warms up once, uncounted. ``say`` gets lines for people."""
    figures = Figures.empty()
    for source in Kind:
        await _warm_up(stage, source)
    for number in range(1, rounds + 1):
        for source in Kind:
            await talkspurt(stage, source, number, figures)
            await _late_entry(stage, source, number, figures)
        say(f"round {number} of {rounds}")
    await _account(stage, figures)
    return figures


async def run_weak(stage: Stage, rounds: int, loss_percent: int, say: Callable[[str], None]) -> Figures:
    """Only a page talks, a second a round: many presses over a network that loses.

    Needs a network of the probe's own.
    """
    figures = Figures.empty(loss_percent=loss_percent)
    await _warm_up(stage, Kind.BROWSER)
    await filter_packets(*stage.losing(loss_percent))
    for number in range(1, rounds + 1):
        await talkspurt(stage, Kind.BROWSER, number, figures, _SHORT_FRAMES)
        if number % _SAY_EVERY == 0:
            say(f"round {number} of {rounds}")
    await filter_packets()
    await _account(stage, figures)
    return figures


async def _warm_up(stage: Stage, source: Kind) -> None:
    await stage.talkers[source].talk(0, _SHORT_FRAMES)
    await _quiet(stage)


async def _account(stage: Stage, figures: Figures) -> None:
    """What the instruments say of themselves."""
    figures.clock_error_ms = stage.clocks_ms()
    page = await stage.page.responder.heard_here.inbound_audio()
    figures.page_packets_lost = page.packets_lost
    figures.jitter_buffer_ms = page.jitter_buffer_delay_s * 1000


async def talkspurt(stage: Stage, source: Kind, number: int, figures: Figures, frames: int = FRAMES) -> None:
    """One kind of talker speaks to all who are there. ``number``: another one each time."""
    for ear in stage.listeners.values():
        await ear.forget()
    spurt = await stage.talkers[source].talk(number * _INDEXES_APART, frames)
    await _quiet(stage)
    access_ms = None if spurt.may_speak_s is None else (spurt.may_speak_s - spurt.pressed_s) * 1000
    for sink, ear in stage.listeners.items():
        figures[source, sink].add(access_ms, judge(spurt, await ear.take()))


async def _late_entry(stage: Stage, source: Kind, number: int, figures: Figures) -> None:
    """A page joins, a phone calls and a dispatcher takes a radio in, while somebody talks."""
    await stage.late_page.prepare(stage.url, stage.token, ROOM, "Late page")
    await stage.house.move(stage.late_radio, ROOM, OTHER_ROOM)
    await stage.radios[1].forget()
    talking = asyncio.create_task(
        stage.talkers[source].talk(number * _INDEXES_APART, _LATE_FRAMES), name="probe talkspurt"
    )
    try:
        await asyncio.sleep(_LATE_AFTER_S)
        radio_s = await stage.house.move(stage.late_radio, OTHER_ROOM, ROOM)
        phone = await PhoneLeg.dial(stage.late_phone, NUMBER)
        page_s = await stage.late_page.enter()
    finally:
        await asyncio.wait({talking})
    spurt = talking.result()
    await _quiet(stage)
    entries = (
        (Kind.RADIO, radio_s, stage.radios[1]),
        (Kind.PHONE, phone.up_s, phone),
        (Kind.BROWSER, page_s, stage.late_page),
    )
    for sink, up_s, ear in entries:
        late_ms = entered(spurt, up_s, await ear.take())
        if late_ms is not None:
            figures[source, sink].late_entry_ms.append(late_ms)
    await phone.call.hang_up()
    await stage.late_page.leave()


async def _quiet(stage: Stage) -> None:
    """Nobody has the floor, no transmitter is keyed, and what was on its way has come."""
    await stage.house.idle()
    async with asyncio.timeout(_KEYED_S):
        while any(radio.keyed() for radio in stage.radios):  # noqa: ASYNC110 - files to poll
            await asyncio.sleep(_LOOK_S)
    await asyncio.sleep(_QUIET_S)
