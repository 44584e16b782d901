"""Four pages with cameras in one conference, one of them Firefox: everybody sees the three others.

Every frame that any tile presents is held against the name that it bears.
"""

from collections.abc import Mapping
from pathlib import Path

import pytest

from sim import own_network
from sim.browser.sights import Record
from sim.gateway import gateway
from sim.leaks import holds, released
from tests.e2e.inside import told_inside
from tests.e2e.video_scene import all_see_all, conference, in_their_place

FREEZE_MS = 1_500
SLACK_MS = 750
"""Of the encoder's account, which is read four times a second on a machine that is busy with the pages."""


def stood_still(records: Mapping[str, Record]) -> list[str]:
    """Freezes that are not the sender's encoder's."""
    return [
        f"{viewer} saw {freeze.leg} stand still for {freeze.to_ms - freeze.from_ms:.0f} ms"
        for viewer, record in records.items()
        for freeze in record.freezes(FREEZE_MS)
        if not records[freeze.leg].encoder_paused(freeze, slack_ms=SLACK_MS)
    ]


async def test_everybody_sees_everybody_in_two_browsers_and_nobody_under_anothers_name(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if await told_inside(request):
        return
    async with gateway(tmp_path, listen=own_network.ADDRESS) as hub:
        before = await holds(hub)
        async with conference(hub, chromiums=3, firefoxes=1) as pages:
            sources = {(leg, "camera"): number for number, leg in enumerate(pages)}
            offers = {leg: await page.heard_here.transports() for leg, page in pages.items()}
            records = await all_see_all(pages)
            in_their_place(records, sources)
            assert stood_still(records) == []
            for leg, page in pages.items():
                assert await page.heard_here.transports() == offers[leg], "the slots changed by an offer"
        await released(hub, before)
