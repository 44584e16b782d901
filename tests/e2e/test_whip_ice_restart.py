"""A WHIP publisher's ICE restart, by Chromium and PATCH (RFC 9725 section 4.3.3)."""

from pathlib import Path

from sim.browser.chromium import chromium, open_page
from sim.browser.publication import PublicationPage
from sim.gateway import gateway
from sim.leaks import holds, released
from sim.peers.aiortc_peer import aiortc_listener
from sim.peers.exchange import Door
from sim.signal.played import Recorder

FRAMES = 60
ROOM = '[[rooms]]\nid = "east"\nmode = "conference"\n'
ACCEPTED = "crosspatch_media_sessions_accepted_total"


async def say(publisher: PublicationPage, recorder: Recorder, first: int) -> None:
    """Every index is heard, in order and once."""
    recorder.forget()
    await publisher.heard_here.say(first, FRAMES)
    await recorder.heard_out(loud_ms=FRAMES * 15, quiet_ms=300)
    heard = recorder.take().heard(near=first)
    assert heard.whole(first, first + FRAMES - 1), heard
    assert heard.duplicates == (), heard


async def test_a_publisher_restarts_ice_by_patch_and_is_heard_without_loss_in_the_same_session(
    tmp_path: Path,
) -> None:
    async with gateway(tmp_path, more=ROOM) as hub, chromium() as browser:
        token = await hub.token()
        whip, whep = (Door(f"{hub.url}/{door}/east", token) for door in ("whip", "whep"))
        before = await holds(hub)
        for first in (0, 2000):
            async with open_page(browser) as page, aiortc_listener(whep) as recorder:
                publisher = PublicationPage(page)
                await publisher.open(hub.url)
                await publisher.publish_sound(whip)
                await recorder.flowing()
                await say(publisher, recorder, first)
                sessions = (await hub.metrics())[ACCEPTED]
                for restart in (1, 2):
                    await publisher.path_of(await publisher.restart_ice())
                    await say(publisher, recorder, first + 500 * restart)
                assert (await hub.metrics())[ACCEPTED] == sessions, "no new session"
        await released(hub, before)
