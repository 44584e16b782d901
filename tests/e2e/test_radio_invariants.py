"""The ten invariants of transmit safety, each against a real bridge process (radio contract v1).

Whatever is stopped, killed, cut or replayed: no stale speech on the air, no transmitter that stays keyed.
Each story prints how old the oldest frame was that went out.
"""

import asyncio
import os
import signal
from pathlib import Path

import msgpack
import pytest

from sim.radio.hub import FRAME_US, Terms, now_us
from sim.radio.judge import stamped
from tests.e2e.radio_scene import CHANNEL, Scene, scene, talking_hub

FRAMES = 50
LONG = 200
WATCHDOG_MS = 300
BACK_S = 20.0


# 1: no RF without a valid grant of the current epoch and token


async def test_1_frames_without_a_key_never_reach_the_air(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage, stage.hub() as hub:
        await hub.ready()
        await hub.say(CHANNEL, 4711, stamped(0, FRAMES))
        assert stage.site.edges(CHANNEL) == []
        assert stage.judged().indexes == ()


@pytest.mark.parametrize("enable", ["off", "rx"])
async def test_1_a_channel_that_may_not_transmit_never_does(tmp_path: Path, enable: str) -> None:
    async with scene(tmp_path) as stage, stage.hub(terms=Terms(en=enable)) as hub:
        await hub.ready()
        token = await hub.key(CHANNEL)
        assert (await hub.floor(CHANNEL, "grant", "deny", token=token))["why"] == "auth"
        await hub.say(CHANNEL, token, stamped(0, FRAMES))
        assert stage.site.edges(CHANNEL) == []


async def test_1_an_ended_token_never_keys_again(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage, stage.hub() as hub:
        await hub.ready()
        token = await hub.granted(CHANNEL)
        await hub.say(CHANNEL, token, stamped(0, FRAMES))
        await hub.floor(CHANNEL, "idle", token=token)
        before = len(hub.said)
        await hub.key(CHANNEL, token)
        answer = await hub.hears(lambda said: said.last == f"ch/{CHANNEL}/floor", after=before)
        assert (answer.body["op"], answer.body["why"]) == ("deny", "stale")


# 2: frames of another token, or older than the last, are dropped


async def test_2_foreign_and_repeated_frames_are_dropped(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage, stage.hub() as hub:
        await hub.ready()
        token = await hub.granted(CHANNEL)
        foreign, own = stamped(9000, FRAMES), stamped(0, FRAMES)
        talk = asyncio.create_task(hub.say(CHANNEL, token, own))
        await hub.say(CHANNEL, token ^ 1, foreign, ends=False)
        await hub.frame(CHANNEL, token, 3, [own[3]], stage.sent_us[own[3]])
        await talk
        await hub.floor(CHANNEL, "idle", token=token)
        assert stage.never_stale("foreign frames").whole(0, FRAMES - 1)


# 3: what is older than the fence allows never reaches the air


async def test_3_an_old_key_is_denied(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage, stage.hub() as hub:
        await hub.ready()
        token = await hub.key(CHANNEL, t=now_us() - 400_000)
        assert (await hub.floor(CHANNEL, "grant", "deny", token=token))["why"] == "stale"
        assert stage.site.edges(CHANNEL) == []


async def test_3_old_frames_are_dropped_and_feed_no_watchdog(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage, stage.hub() as hub:
        await hub.ready()
        token = await hub.granted(CHANNEL)
        for number, frame in enumerate(stamped(0, FRAMES)):
            stage.sent_us[frame] = now_us() - 400_000
            await hub.frame(CHANNEL, token, number, [frame], now_us() - 400_000 if number == 0 else 0)
            await asyncio.sleep(FRAME_US / 1e6)
        assert (await hub.floor(CHANNEL, "revoke", token=token))["why"] == "wd"
        assert stage.never_stale("old frames").indexes == ()


async def test_3_without_a_known_clock_nothing_is_keyed(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage, stage.hub() as hub:
        await hub.hears(lambda said: said.last == "state" and said.body["on"])
        token = await hub.key(CHANNEL)
        assert (await hub.floor(CHANNEL, "grant", "deny", token=token))["op"] == "deny"


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_3_a_cut_across_over_boundaries_airs_nothing_stale(tmp_path: Path, seed: int) -> None:
    """Two seconds without network, over the end of one over and the key of the next."""
    async with scene(tmp_path) as stage, stage.hub() as hub:
        await hub.ready()
        token = await hub.granted(CHANNEL)
        first = asyncio.create_task(hub.say(CHANNEL, token, stamped(0, 60)))
        await stage.site.keyed(CHANNEL)
        await asyncio.sleep(0.2 * seed)
        stage.way.hold()
        await first
        token = await hub.key(CHANNEL)
        second = asyncio.create_task(hub.say(CHANNEL, token, stamped(1000, 100)))
        await asyncio.sleep(2.0 - 0.2 * seed)
        stage.way.let_go()
        await second
        await hub.hears(lambda said: said.last == "hb", after=len(hub.said))
        heard = stage.never_stale(f"a cut of 2 s, seed {seed}")
        assert heard.indexes, "the first over began before the cut"
        assert not stage.site.edges(CHANNEL)[-1].on
        third = await hub.granted(CHANNEL)
        await hub.say(CHANNEL, third, stamped(2000, FRAMES))
        await hub.floor(CHANNEL, "idle", token=third)
        assert stage.never_stale("after the cut").indexes[-FRAMES:] == tuple(range(2000, 2000 + FRAMES))


# 4: 300 ms without a valid frame unkey


async def test_4_silence_unkeys_after_300_ms(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage, stage.hub() as hub:
        await hub.ready()
        token = await hub.granted(CHANNEL)
        frames = stamped(0, FRAMES)
        await hub.say(CHANNEL, token, frames, ends=False)
        off = await stage.site.unkeyed(CHANNEL)
        assert (await hub.floor(CHANNEL, "revoke", token=token))["why"] == "wd"
        after_ms = (off.at_us - stage.sent_us[frames[-1]]) / 1000
        assert WATCHDOG_MS - 20 <= after_ms <= WATCHDOG_MS + 80
        await hub.say(CHANNEL, token, stamped(500, FRAMES), first=FRAMES)
        assert sum(edge.on for edge in stage.site.edges(CHANNEL)) == 1, "audio must not key again"


# 5: a hub or a broker that is gone unkeys


async def test_5_a_killed_hub_unkeys_at_once(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage, talking_hub(stage, LONG) as hub:
        await stage.airing()
        killed_us = now_us()
        hub.process.kill()
        off = await stage.site.unkeyed(CHANNEL)
        assert (off.at_us - killed_us) / 1000 < WATCHDOG_MS + 100
        stage.never_stale("hub killed")


async def test_5_a_frozen_hub_unkeys_and_its_backlog_airs_nothing(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage, talking_hub(stage, LONG) as hub:
        await stage.airing()
        hub.process.send_signal(signal.SIGSTOP)
        stopped_us = now_us()
        off = await stage.site.unkeyed(CHANNEL)
        assert (off.at_us - stopped_us) / 1000 < WATCHDOG_MS + 100
        await asyncio.sleep(2)
        hub.process.send_signal(signal.SIGCONT)
        await hub.says("over")
        stage.never_stale("hub frozen")
        assert sum(edge.on for edge in stage.site.edges(CHANNEL)) == 1


async def test_5_heartbeats_that_stop_unkey_after_3_s_though_frames_go_on(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage, stage.hub() as hub:
        await hub.ready()
        token = await hub.granted(CHANNEL)
        on = await stage.site.keyed(CHANNEL)
        hub.beats = False
        talk = asyncio.create_task(hub.say(CHANNEL, token, stamped(0, 250)))
        off = await stage.site.unkeyed(CHANNEL)
        assert 1.9 < (off.at_us - on.at_us) / 1e6 < 3.2
        assert (await hub.floor(CHANNEL, "revoke", token=token))["why"] == "link"
        talk.cancel()


async def test_5_a_hub_that_says_it_is_off_unkeys_at_once(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage, stage.hub() as hub:
        await hub.ready()
        token = await hub.granted(CHANNEL)
        talk = asyncio.create_task(hub.say(CHANNEL, token, stamped(0, LONG)))
        await stage.site.keyed(CHANNEL)
        said_us = now_us()
        await hub.announce(on=False)
        off = await stage.site.unkeyed(CHANNEL)
        assert (off.at_us - said_us) / 1000 < 100
        talk.cancel()


async def test_5_a_severed_connection_unkeys_at_once(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage, stage.hub() as hub:
        await hub.ready()
        token = await hub.granted(CHANNEL)
        talk = asyncio.create_task(hub.say(CHANNEL, token, stamped(0, LONG)))
        await stage.airing()
        cut_us = now_us()
        stage.way.sever()
        off = await stage.site.unkeyed(CHANNEL)
        assert (off.at_us - cut_us) / 1000 < 100
        await talk
        assert sum(edge.on for edge in stage.site.edges(CHANNEL)) == 1, "the rest of the over must not key"
        stage.never_stale("connection severed")


async def test_5_a_killed_broker_unkeys_and_nothing_keys_by_itself_when_it_is_back(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage:
        async with talking_hub(stage, LONG):
            await stage.airing()
            killed_us = now_us()
            stage.kill_broker()
            off = await stage.site.unkeyed(CHANNEL)
            assert (off.at_us - killed_us) / 1000 < 100
        await _works_again(stage, "broker killed")


async def test_5_a_frozen_broker_unkeys_and_its_backlog_airs_nothing(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage:
        async with talking_hub(stage, LONG):
            await stage.airing()
            pid = stage.broker_pid
            os.kill(pid, signal.SIGSTOP)
            stopped_us = now_us()
            off = await stage.site.unkeyed(CHANNEL)
            assert (off.at_us - stopped_us) / 1000 < WATCHDOG_MS + 100
            await asyncio.sleep(2)
            os.kill(pid, signal.SIGCONT)
            await asyncio.sleep(1)
            assert sum(edge.on for edge in stage.site.edges(CHANNEL)) == 1
        await _works_again(stage, "broker frozen")


# 6: the talk-time limit holds, and the next key waits for release and penalty


async def test_6_the_limit_unkeys_and_the_next_key_waits_for_release_and_penalty(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage, stage.hub(terms=Terms(tot=1000, pen=1500)) as hub:
        await hub.ready()
        token = await hub.granted(CHANNEL)
        on = await stage.site.keyed(CHANNEL)
        talk = asyncio.create_task(hub.say(CHANNEL, token, stamped(0, 100)))
        off = await stage.site.unkeyed(CHANNEL)
        assert 950 <= (off.at_us - on.at_us) / 1000 <= 1100
        assert (await hub.floor(CHANNEL, "revoke", token=token))["why"] == "tot"
        early = await hub.key(CHANNEL)
        assert (await hub.floor(CHANNEL, "grant", "deny", token=early))["why"] == "tot"
        await talk
        again = await hub.granted(CHANNEL)
        assert again
        next_on = await stage.site.keyed(CHANNEL, times=2)
        assert (next_on.at_us - off.at_us) / 1000 >= 1450


async def test_6_the_sites_own_limit_holds_when_the_hubs_is_longer(tmp_path: Path) -> None:
    async with scene(tmp_path, "limit_ms = 1000\n") as stage, stage.hub() as hub:
        await hub.ready()
        token = await hub.granted(CHANNEL)
        talk = asyncio.create_task(hub.say(CHANNEL, token, stamped(0, 100)))
        on, off = await stage.site.keyed(CHANNEL), await stage.site.unkeyed(CHANNEL)
        assert (off.at_us - on.at_us) / 1000 <= 1100
        talk.cancel()


# 7: a bridge that starts, crashes or stands still is not keyed


async def test_7_a_killed_bridge_unkeys_and_starts_again_unkeyed(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage, stage.hub() as hub:
        await hub.ready()
        token = await hub.granted(CHANNEL)
        talk = asyncio.create_task(hub.say(CHANNEL, token, stamped(0, LONG)))
        await stage.airing()
        killed_us = now_us()
        await stage.site.end(signal.SIGKILL)
        off = await stage.site.unkeyed(CHANNEL)
        assert (off.why, (off.at_us - killed_us) / 1000 < 100) == ("eof", True)
        await stage.site.start()
        await talk
        assert sum(edge.on for edge in stage.site.edges(CHANNEL)) == 1, "the over under way must not key"
        stage.never_stale("bridge killed")


async def test_7_a_frozen_bridge_unkeys_within_the_watchdogs_second_and_airs_no_backlog(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path) as stage, stage.hub() as hub:
        await hub.ready()
        token = await hub.granted(CHANNEL)
        talk = asyncio.create_task(hub.say(CHANNEL, token, stamped(0, 250)))
        await stage.airing()
        stage.site.signal(signal.SIGSTOP)
        stopped_us = now_us()
        off = await stage.site.unkeyed(CHANNEL)
        assert (off.why, (off.at_us - stopped_us) / 1000 < 1100) == ("silent", True)
        await asyncio.sleep(1)
        stage.site.signal(signal.SIGCONT)
        await talk
        await hub.hears(lambda said: said.last == "hb", after=len(hub.said))
        stage.never_stale("bridge frozen")
        assert not stage.site.edges(CHANNEL)[-1].on
        again = await hub.granted(CHANNEL)
        await hub.say(CHANNEL, again, stamped(1000, FRAMES))
        await hub.floor(CHANNEL, "idle", token=again)
        assert stage.never_stale("after the standstill").indexes[-FRAMES:] == tuple(
            range(1000, 1000 + FRAMES)
        )


# 8: of two hubs the one of the higher epoch counts


async def test_8_a_hub_of_a_lower_epoch_is_ignored(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage, stage.hub(epoch=12) as hub:
        await hub.ready()
        old = await hub.key(CHANNEL, ep=11)
        assert (await hub.floor(CHANNEL, "grant", "deny", token=old))["why"] == "epoch"
        await hub.announce(on=False, epoch=11)
        token = await hub.granted(CHANNEL)
        await hub.say(CHANNEL, token, stamped(0, FRAMES))
        await hub.floor(CHANNEL, "idle", token=token)
        assert stage.never_stale("an older hub beside").whole(0, FRAMES - 1)


async def test_8_a_newer_hub_ends_the_over_of_the_older_one(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage, stage.hub(epoch=12) as hub:
        await hub.ready()
        token = await hub.granted(CHANNEL)
        talk = asyncio.create_task(hub.say(CHANNEL, token, stamped(0, LONG)))
        await stage.site.keyed(CHANNEL)
        newer_us = now_us()
        await hub.announce(on=True, epoch=13)
        off = await stage.site.unkeyed(CHANNEL)
        assert (off.at_us - newer_us) / 1000 < 100
        talk.cancel()


# 9: an emergency is on the air in 150 ms, whoever talks


async def test_9_an_emergency_takes_the_air_within_150_ms(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage, stage.hub() as hub:
        await hub.ready()
        normal = await hub.granted(CHANNEL)
        talk = asyncio.create_task(hub.say(CHANNEL, normal, stamped(0, 150)))
        await stage.site.keyed(CHANNEL)
        await asyncio.sleep(0.5)
        pressed_us = now_us()
        emergency = await hub.key(CHANNEL, pr=192)
        await hub.say(CHANNEL, emergency, stamped(5000, FRAMES))
        await hub.floor(CHANNEL, "idle", token=emergency)
        first = next(frame for frame in stage.site.aired(CHANNEL) if frame.frame == stamped(5000, 1)[0])
        assert (first.at_us - pressed_us) / 1000 < 150
        assert (await hub.floor(CHANNEL, "revoke", token=normal))["why"] == "pri"
        talk.cancel()
        assert stage.never_stale("emergency").indexes[-FRAMES:] == tuple(range(5000, 5000 + FRAMES))


# 10: what was recorded never keys


async def test_10_a_replayed_session_never_keys(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage:
        async with stage.hub() as hub:
            recorded = hub.record()
            await hub.ready()
            token = await hub.granted(CHANNEL)
            await hub.say(CHANNEL, token, stamped(0, FRAMES))
            await hub.floor(CHANNEL, "idle", token=token)
        async with stage.hub(epoch=2) as hub:
            await hub.ready()
            for last, payload, qos in recorded:
                await hub.publish(last, payload, qos=qos)
                await asyncio.sleep(0.005)
            await hub.hears(lambda said: said.last == "hb", after=len(hub.said))
        assert sum(edge.on for edge in stage.site.edges(CHANNEL)) == 1
        assert stage.never_stale("a replayed session").whole(0, FRAMES - 1)


async def test_10_retained_frames_and_keys_are_never_taken(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage, stage.hub() as hub:
        await hub.ready()
        token = 77
        key = {"v": 1, "op": "key", "tok": token, "pr": 64, "ep": 1, "t": now_us() + 4_000_000}
        key |= {"cod": "pcmu/8000/1", "lim": 60_000}
        key |= {"src": {"ty": "web", "id": "7", "al": "Desk"}, "org": "web:7", "hop": 1}
        await stage.site.end()
        frame = stamped(0, 1)[0]
        stage.sent_us[frame] = now_us()
        audio = [1, token, 0, 0, 1, [frame], {"c": now_us() + 4_000_000}]
        await hub.publish(f"ch/{CHANNEL}/floor", msgpack.packb(key), qos=1, retain=True)
        await hub.publish(f"ch/{CHANNEL}/tx", msgpack.packb(audio), retain=True)
        await stage.site.start()
        await hub.ready()
        await hub.granted(CHANNEL)
        await stage.site.unkeyed(CHANNEL)
        assert stage.judged().indexes == ()
        assert not [said for said in hub.heard(f"ch/{CHANNEL}/floor") if said.body["tok"] == token]


async def _works_again(stage: Scene, story: str) -> None:
    """Nothing old went out, nothing keyed by itself, and an over of a new hub is whole."""
    before = stage.never_stale(story)
    keyed = sum(edge.on for edge in stage.site.edges(CHANNEL))
    await stage.broker_back()
    async with asyncio.timeout(BACK_S), stage.hub(epoch=2) as hub:
        await hub.ready()
        assert sum(edge.on for edge in stage.site.edges(CHANNEL)) == keyed
        token = await hub.granted(CHANNEL)
        await hub.say(CHANNEL, token, stamped(7000, FRAMES))
        await hub.floor(CHANNEL, "idle", token=token)
    after = stage.never_stale(f"{story}, afterwards")
    assert after.indexes[len(before.indexes) :] == tuple(range(7000, 7000 + FRAMES))
