"""Two radios in one talkgroup whose receivers hear noise after each transmission of their own.

Their tails are longer than the gate of 150 ms that keeps a tail from being somebody: each would be passed on
to the other radio, whose transmission ends with a tail in turn, and so on for ever.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sim.gateway import Gateway, gateway
from sim.radio.hub import now_us
from sim.radio.site import Site, site
from sim.signal.encode import numbered, write_wav

CHANNELS = ("vhf1", "uhf1")
RADIOS = "".join(
    f'[[radio.channels]]\nbridge = "hill"\nchannel = "{channel}"\nroom = "ops"\ntx = true\n'
    for channel in CHANNELS
)
SYNCED, CONFIGURED = "the hub's clock is known", "configured"
QUIET_US = 3_000_000
"""A tail that is passed on keys within a second of the last edge."""


@asynccontextmanager
async def two_radios(folder: Path, tail_ms: int) -> AsyncIterator[tuple[Gateway, Site]]:
    terms = f"squelch_tail_ms = {tail_ms}\n"
    async with gateway(folder, more=RADIOS) as hub:
        url = hub.store / "radio" / "bridges" / "hill"
        async with site(folder / "site", "hill", [url], *CHANNELS, codec="opus", more=terms) as radios:
            await radios.logged(SYNCED)
            await radios.logged(CONFIGURED, times=len(CHANNELS))
            yield hub, radios


def last_edge_us(radios: Site) -> int:
    return max(edge.at_us for channel in CHANNELS for edge in radios.edges(channel))


async def test_two_radios_do_not_pass_their_tails_to_each_other_for_ever(tmp_path: Path) -> None:
    speech = tmp_path / "speech.wav"
    write_wav(speech, numbered(0, 50), 48_000)
    async with two_radios(tmp_path, tail_ms=400) as (hub, radios):
        await radios.order("receive", "vhf1", file=str(speech), wait=True)
        await radios.keyed("uhf1")
        await radios.until(lambda: now_us() - last_edge_us(radios) > QUIET_US)
        keyed = {channel: sum(edge.on for edge in radios.edges(channel)) for channel in CHANNELS}
        assert keyed["vhf1"] >= 1, "a tail longer than the gate is passed on at first: else nothing was told"
        assert max(keyed.values()) <= 4, keyed
        # Whoever speaks then is passed on as before.
        await radios.order("receive", "vhf1", file=str(speech), wait=True)
        await radios.keyed("uhf1", times=keyed["uhf1"] + 1)
        hub.logged_no_error()
