"""A two-way radio in the room: the real gateway, its own broker, the real bridge process, a desk phone."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sim.gateway import Gateway, free_port, gateway
from sim.phone import Call, Phone
from sim.phone.codec import Pcmu
from sim.radio.mosquitto import Authority, tls_broker
from sim.radio.site import Site, site
from sim.signal.decode import decode
from sim.signal.encode import numbered, write_wav
from tests.e2e.test_phone_calls_room import PASSWORD, sip_section

CHANNEL = "vhf1"
FRAMES = 100
RADIO = """
[[radio.channels]]
bridge = "hill"
channel = "vhf1"
room = "{room}"
codec = "PCMU"
tx = true
"""
UNKEYED_WITHIN_MS = 300
LATE_MS = 250
"""Default of the channel: nothing older goes on the air."""
PATIENCE_S = 20.0


@dataclass
class Scene:
    hub: Gateway
    site: Site
    call: Call
    speech: Path

    async def counts(self, name: str, least: float) -> None:
        """Wait until a metric has come so far."""
        async with asyncio.timeout(PATIENCE_S):
            while (await self.hub.metrics()).get(f"crosspatch_radio_{name}", -1) < least:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def radio_says(self, first: int = 0) -> None:
        write_wav(self.speech, numbered(first, FRAMES, rate_hz=8000), 8000)
        await self.site.order("receive", CHANNEL, file=str(self.speech), alias="Unit 12", wait=True)

    def aired(self) -> np.ndarray:
        """The sound that has gone on the air."""
        decoder = Pcmu()
        frames = [decoder.decode(frame.frame) for frame in self.site.aired(CHANNEL)]
        return np.concatenate(frames) if frames else np.zeros(0, dtype="<i2")


@asynccontextmanager
async def scene(folder: Path, room: str = "ops", number: str = "8001") -> AsyncIterator[Scene]:
    port = free_port(socket.SOCK_DGRAM, 1)
    async with gateway(folder, more=sip_section(port, "101") + RADIO.format(room=room)) as hub:
        url = (hub.store / "radio" / "bridges" / "hill").read_text(encoding="utf-8").strip()
        async with (
            site(folder / "site", "hill", [url], CHANNEL) as bridge,
            Phone.open(("127.0.0.1", port), "101", PASSWORD) as phone,
        ):
            call = await phone.call(number)
            await call.sound.say(10)
            running = Scene(hub, bridge, call, folder / "speech.wav")
            await running.counts("bridges_online", 1)
            # Two heartbeats make a clock: before that no key is granted.
            await running.counts("edge_messages_received_total", 3)
            yield running


async def test_who_talks_on_the_air_is_heard_from_the_first_frame_to_the_last(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage:
        for first in (0, 1000):
            stage.call.sound.recorder.forget()
            await stage.radio_says(first)
            await stage.call.sound.recorder.heard_out(loud_ms=(FRAMES - 5) * 20, quiet_ms=0)
            await asyncio.sleep(0.3)
            heard = stage.call.sound.recorder.take().heard(near=first)
            assert heard.lost_frames == 0, heard
            assert heard.frames >= FRAMES - 2, heard
        assert not stage.site.edges(CHANNEL)[1:], "a radio is not keyed by itself"


async def test_who_takes_the_floor_is_on_the_air_from_the_first_frame_and_off_it_at_once(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path) as stage:
        await stage.call.sound.press("*")
        await stage.call.sound.recorder.heard_out(loud_ms=40, quiet_ms=0)  # the granted tone
        await stage.call.sound.say(FRAMES)
        await stage.call.sound.press("#")
        pressed = asyncio.get_running_loop().time()
        off = await stage.site.unkeyed(CHANNEL)
        took_ms = (asyncio.get_running_loop().time() - pressed) * 1000
        assert off.why == "asked"
        assert took_ms <= UNKEYED_WITHIN_MS
        heard = decode(stage.aired(), 8000)
        assert heard.lost_frames <= 2, heard
        assert heard.frames >= FRAMES - 4, heard
        await stage.counts("overs_total", 1)
        metrics = await stage.hub.metrics()
        assert metrics["crosspatch_radio_streams_total"] == 0, "our own tail is nobody"


async def test_a_busy_channel_does_not_give_the_floor_and_is_not_keyed(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage:
        before = (await stage.hub.metrics())["crosspatch_radio_messages_total"]
        await stage.site.order("carrier", CHANNEL, on=True)
        await stage.counts("messages_total", before + 1)
        stage.call.sound.recorder.forget()
        await stage.call.sound.press("*")
        await stage.call.sound.recorder.heard_out(loud_ms=40, quiet_ms=0)  # the queued tone
        assert not [edge for edge in stage.site.edges(CHANNEL) if edge.on]


async def test_in_an_open_room_a_voice_keys_the_radio_and_a_pause_lets_go(tmp_path: Path) -> None:
    async with scene(tmp_path, "command", "8002") as stage:
        await stage.call.sound.say(FRAMES)
        await stage.site.keyed(CHANNEL)
        await stage.site.unkeyed(CHANNEL)
        heard = decode(stage.aired(), 8000)
        assert heard.lost_frames <= 2, heard
        # Until the voice is taken for one, and until the key is granted: no head is held in an open room.
        assert heard.frames >= FRAMES - 25, heard
        stage.call.sound.recorder.forget()
        await stage.radio_says(1000)
        await stage.call.sound.recorder.heard_out(loud_ms=(FRAMES - 5) * 20, quiet_ms=0)
        assert stage.call.sound.recorder.take().heard(near=1000).lost_frames == 0


async def test_a_restarted_broker_keys_nobody_and_everything_comes_back(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage:
        await stage.call.sound.press("*")
        await stage.call.sound.recorder.heard_out(loud_ms=40, quiet_ms=0)
        talk = asyncio.create_task(stage.call.sound.say(10 * FRAMES))
        await stage.site.keyed(CHANNEL)
        os.kill(_broker_of(stage.hub.pid), signal.SIGKILL)
        await stage.site.unkeyed(CHANNEL)
        await stage.counts("edge_connections_total", 2)
        await stage.counts("bridges_online", 1)
        await talk  # it has gone on talking: nothing of that is on the air again
        assert sum(edge.on for edge in stage.site.edges(CHANNEL)) == 1
        await stage.call.sound.press("#")
        await stage.call.sound.press("*")
        await stage.call.sound.say(FRAMES)
        await stage.call.sound.press("#")
        await stage.site.unkeyed(CHANNEL, times=2)
        stage.hub.log.clear()  # it says that the broker ended, which it did


async def test_a_gateway_that_is_killed_on_air_lets_go(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage:
        await stage.call.sound.press("*")
        await stage.call.sound.recorder.heard_out(loud_ms=40, quiet_ms=0)
        talk = asyncio.create_task(stage.call.sound.say(2 * FRAMES))
        await stage.site.keyed(CHANNEL)
        await stage.hub.kill()
        await stage.site.unkeyed(CHANNEL)
        await talk
        assert sum(edge.on for edge in stage.site.edges(CHANNEL)) == 1


async def test_a_gateway_that_stood_still_on_air_does_not_take_the_over_up_again(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage:
        await stage.call.sound.press("*")
        await stage.call.sound.recorder.heard_out(loud_ms=40, quiet_ms=0)
        talk = asyncio.create_task(stage.call.sound.say(8 * FRAMES))
        await stage.site.until(lambda: len(stage.site.aired(CHANNEL)) > FRAMES // 2)
        stage.hub.freeze()
        await stage.site.unkeyed(CHANNEL)
        await asyncio.sleep(4)  # longer than any clock of the radio door
        stage.hub.thaw()
        await stage.counts("bridges_online", 1)
        await talk
        assert sum(edge.on for edge in stage.site.edges(CHANNEL)) == 1
        late_ms = [frame.age_us / 1000 for frame in stage.site.aired(CHANNEL)]
        assert max(late_ms) <= LATE_MS


async def test_hub_and_bridge_meet_at_a_broker_of_their_operators_by_certificates(tmp_path: Path) -> None:
    authority, port = Authority(tmp_path), free_port(socket.SOCK_DGRAM, 1)
    (cert, key), (control_cert, control_key), (hill_cert, hill_key) = (
        authority.issue(name) for name in ("hub", "hub-ctl", "hill")
    )
    async with tls_broker(tmp_path, authority) as broker_port:
        url = f"mqtts://127.0.0.1:{broker_port}"
        section = (
            f'[radio]\nbroker = "{url}"\nauthorities = "{authority.certificate}"\n'
            f'cert = "{cert}"\nkey = "{key}"\n'
            f'control_cert = "{control_cert}"\ncontrol_key = "{control_key}"\n'
        )
        radio = section + RADIO.format(room="ops")
        more = f'authorities = "{authority.certificate}"\ncert = "{hill_cert}"\nkey = "{hill_key}"\n'
        async with (
            gateway(tmp_path, more=sip_section(port, "101") + radio) as hub,
            site(tmp_path / "site", "hill", [url], CHANNEL, broker=more) as bridge,
            Phone.open(("127.0.0.1", port), "101", PASSWORD) as phone,
        ):
            stage = Scene(hub, bridge, await phone.call("8001"), tmp_path / "speech.wav")
            await stage.call.sound.say(10)
            await stage.counts("bridges_online", 1)
            stage.call.sound.recorder.forget()
            await stage.radio_says()
            await stage.call.sound.recorder.heard_out(loud_ms=(FRAMES - 5) * 20, quiet_ms=0)


def _broker_of(pid: int) -> int:
    """The Mosquitto that the gateway runs."""
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and _parent(process) == pid and "mosquitto" in _program(process):
            return int(process.name)
    raise LookupError("the gateway runs no broker")


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _program(process: Path) -> str:
    try:
        return (process / "comm").read_text()
    except OSError:
        return ""
