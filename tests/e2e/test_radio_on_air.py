"""A radio site on the air and off it: the real bridge process, Mosquitto, and a fake hub."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from sim.phone.codec import Pcmu
from sim.radio.hub import Terms
from sim.radio.judge import stamped
from sim.signal.decode import decode
from sim.signal.encode import numbered, read_wav, write_wav
from tests.e2e.radio_scene import CHANNEL, scene

FRAMES = 60


async def test_a_granted_over_is_on_the_air_from_its_first_frame_to_its_last(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage, stage.hub() as hub:
        await hub.ready()
        for first in (0, 1000):
            before = len(stage.judged().indexes)
            token = await hub.granted(CHANNEL)
            await hub.say(CHANNEL, token, stamped(first, FRAMES))
            idle = await hub.floor(CHANNEL, "idle", token=token)
            heard = stage.never_stale("an over")
            assert heard.indexes[before:] == tuple(range(first, first + FRAMES))
            assert (idle["n"], idle["late"], idle["gap"]) == (FRAMES, 0, 0)


async def test_what_was_said_before_the_grant_is_not_lost(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage, stage.hub() as hub:
        await hub.ready()
        await hub.granted(CHANNEL)  # an over that ends by the watchdog
        await stage.site.unkeyed(CHANNEL)
        token = await hub.key(CHANNEL)
        await hub.say(CHANNEL, token, stamped(0, FRAMES))  # the first frames fly before the grant is back
        await hub.floor(CHANNEL, "idle", token=token)
        assert stage.never_stale("a hasty over").whole(0, FRAMES - 1)


async def test_the_transmitter_is_off_300_ms_after_the_release(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage, stage.hub() as hub:
        await hub.ready()
        token = await hub.granted(CHANNEL)
        frames = stamped(0, FRAMES)
        await hub.say(CHANNEL, token, frames)
        off = await stage.site.unkeyed(CHANNEL)
        released_us = stage.sent_us[frames[-1]] + 20_000
        assert (off.at_us - released_us) / 1000 <= 300
        assert off.why == "asked"


async def test_the_transmitted_sound_is_whole_in_the_recording(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage, stage.hub() as hub:
        await hub.ready()
        token = await hub.granted(CHANNEL)
        await hub.say(CHANNEL, token, _spoken(FRAMES))
        await hub.floor(CHANNEL, "idle", token=token)
        first_wav = max((stage.site.folder / "air").glob(f"{CHANNEL}-*.wav"))
        pcm, rate_hz = read_wav(first_wav)
        heard = decode(pcm, rate_hz)
        assert heard.whole(0, FRAMES - 1), heard


async def test_what_the_radio_hears_reaches_the_hub_from_its_first_frame(tmp_path: Path) -> None:
    speech = tmp_path / "speech.wav"
    write_wav(speech, numbered(0, FRAMES, rate_hz=8000), 8000)
    async with scene(tmp_path) as stage, stage.hub(terms=Terms(en="rx")) as hub:
        await hub.ready()
        await stage.site.order(
            "receive", CHANNEL, file=str(speech), rssi=-87, id="3121234", alias="Unit 12", wait=True
        )
        ended = await hub.hears(lambda said: said.last.endswith("/ev") and said.body["k"] == "end")
        ((stream, messages),) = hub.streams(CHANNEL).items()
        assert ended.body["s"] == stream
        assert [message[2] for message in messages] == list(range(FRAMES + 1))
        assert (messages[0][4], messages[-1][4]) == (1, 2)
        assert messages[0][6]["r"] == -87
        pcm = b"".join(_pcm(frame) for message in messages for frame in message[5])
        import numpy as np  # noqa: PLC0415

        assert decode(np.frombuffer(pcm, dtype="<i2"), 8000).whole(0, FRAMES - 1)
        talk = next(said.body for said in hub.heard(f"ch/{CHANNEL}/ev") if said.body["k"] == "talk")
        assert (talk["id"], talk["al"]) == ("3121234", "Unit 12")
        cor = [said.body.get("cor") for said in hub.heard(f"ch/{CHANNEL}/st")]
        assert 1 in cor
        await hub.hears(
            lambda said: said.last.endswith("/st") and said.body["cor"] == 0, after=len(hub.said) - 1
        )


async def test_a_channel_that_is_off_says_nothing_of_what_it_hears(tmp_path: Path) -> None:
    speech = tmp_path / "speech.wav"
    write_wav(speech, numbered(0, 10, rate_hz=8000), 8000)
    async with scene(tmp_path) as stage, stage.hub(terms=Terms(en="off")) as hub:
        await hub.ready()
        await stage.site.order("receive", CHANNEL, file=str(speech), wait=True)
        await hub.hears(lambda said: said.last == "hb", after=len(hub.said))
        assert hub.streams(CHANNEL) == {}


async def test_the_emergency_button_is_told_at_once(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage, stage.hub() as hub:
        await hub.ready()
        await stage.site.order("emergency", CHANNEL, on=True, id="12", alias="Unit 12")
        event = await hub.hears(lambda said: said.last.endswith("/ev") and said.body["k"] == "emg")
        assert (event.body["on"], event.body["al"]) == (1, "Unit 12")
        await hub.hears(lambda said: said.last.endswith("/st") and said.body.get("emg") == 1)


async def test_a_parrot_answers_what_it_was_told(tmp_path: Path) -> None:
    async with scene(tmp_path, "parrot_ms = 200\n") as stage, stage.hub() as hub:
        await hub.ready()
        token = await hub.granted(CHANNEL)
        await hub.say(CHANNEL, token, _spoken(FRAMES))
        await hub.hears(lambda said: said.last.endswith("/ev") and said.body["k"] == "end")
        (messages,) = hub.streams(CHANNEL).values()
        assert sum(len(message[5]) for message in messages) == FRAMES


async def test_while_the_radio_hears_somebody_a_normal_key_is_denied_and_an_emergency_is_not(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path) as stage, stage.hub() as hub:
        await hub.ready()
        await stage.site.order("carrier", CHANNEL, on=True)
        await hub.hears(lambda said: said.last.endswith("/st") and said.body["cor"] == 1)
        normal, emergency = await hub.key(CHANNEL), await hub.key(CHANNEL, pr=192)
        assert (await hub.floor(CHANNEL, "grant", "deny", token=normal))["why"] == "cor"
        assert (await hub.floor(CHANNEL, "grant", "deny", token=emergency))["op"] == "grant"


async def test_a_transmitter_that_fails_gives_the_air_back(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage, stage.hub() as hub:
        await hub.ready()
        token = await hub.granted(CHANNEL)
        await stage.site.order("fault", CHANNEL, code="swr")
        assert (await hub.floor(CHANNEL, "revoke", token=token))["why"] == "hw"
        await hub.hears(lambda said: said.last.endswith("/st") and said.body.get("flt") == ["swr"])


async def test_a_killed_ptt_watchdog_takes_the_over_with_it_and_comes_back(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage, stage.hub() as hub:
        await hub.ready()
        token = await hub.granted(CHANNEL)
        talk = asyncio.create_task(hub.say(CHANNEL, token, stamped(0, FRAMES)))
        await stage.site.keyed(CHANNEL)
        os.kill(_watchdog_of(stage.site.pid), signal.SIGKILL)
        assert (await hub.floor(CHANNEL, "revoke", token=token))["why"] == "hw"
        await talk
        token = await hub.granted(CHANNEL)
        await hub.say(CHANNEL, token, stamped(500, FRAMES))
        await hub.floor(CHANNEL, "idle", token=token)
        assert stage.judged().indexes[-FRAMES:] == tuple(range(500, 500 + FRAMES))


async def test_a_clean_stop_says_so_and_leaves_the_transmitter_off(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage, stage.hub() as hub:
        await hub.ready()
        token = await hub.granted(CHANNEL)
        talk = asyncio.create_task(hub.say(CHANNEL, token, stamped(0, FRAMES)))
        await stage.site.keyed(CHANNEL)
        assert await stage.site.end() == 0
        assert (await hub.floor(CHANNEL, "revoke", token=token))["why"] == "shutdown"
        gone = await hub.hears(lambda said: said.last == "state" and not said.body["on"])
        assert gone.body["why"] == "stop"
        assert (await stage.site.unkeyed(CHANNEL)).why == "asked"
        talk.cancel()


async def test_a_command_is_answered_and_one_sent_twice_is_carried_out_once(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage, stage.hub() as hub:
        await hub.ready()
        await hub.command(CHANNEL, op="refresh")
        reply = await hub.hears(lambda said: said.last == "re")
        status = await hub.hears(
            lambda said: said.last.endswith("/st") and said.body["n"] == reply.body["st"]
        )
        assert reply.body == {"v": 1, "ok": True, "op": "refresh", "st": status.body["n"]}
        await hub.command(CHANNEL, op="freq", fq=145_500_000)
        refused = await hub.hears(lambda said: said.last == "re" and not said.body["ok"])
        assert refused.body["why"] == "hw"


@pytest.mark.parametrize("payload", [b"", b"\xff" * 40, b"\x81\xa1v\x02", os.urandom(2000), b"\x91" * 600])
async def test_rubbish_is_counted_and_changes_nothing(tmp_path: Path, payload: bytes) -> None:
    async with scene(tmp_path) as stage, stage.hub() as hub:
        await hub.ready()
        for last in ("cfg", "hb", f"ch/{CHANNEL}/tx", f"ch/{CHANNEL}/floor", f"ch/{CHANNEL}/cmd"):
            await hub.publish(last, payload)
        beat = await hub.hears(lambda said: said.last == "hb" and said.body["o"]["b"] >= 4)
        assert beat.body["o"]["b"] <= 5 + 1
        token = await hub.granted(CHANNEL)
        await hub.say(CHANNEL, token, stamped(0, 10))
        await hub.floor(CHANNEL, "idle", token=token)
        assert stage.judged().whole(0, 9)


def _spoken(count: int) -> list[bytes]:
    """The numbered signal without a stamp: it is judged by ear."""
    encode = Pcmu().encode
    return [encode(block) for block in numbered(0, count, rate_hz=8000).reshape(count, -1)]


def _pcm(frame: bytes) -> bytes:
    return Pcmu().decode(frame).astype("<i2").tobytes()


def _watchdog_of(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    (found,) = [
        int(child) for child in children if "ptt_watchdog" in Path(f"/proc/{child}/cmdline").read_text()
    ]
    return found
