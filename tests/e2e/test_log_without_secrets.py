"""Traffic of a day, good and bad, in a minute; then the log is searched for everything private in it."""

import asyncio
import json
import socket
from contextlib import closing
from pathlib import Path

import aiohttp
import aiomqtt
import pytest

from sim.gateway import Gateway, free_port, gateway
from sim.peers.session import JSON, session
from sim.phone import Phone, Refused
from sim.radio.site import site
from sim.signal.encode import numbered, write_wav

PRIVATE = {
    "name": "Zebedee Quill",
    "unit": "Unit Halibut 9",
    "text": "the key lies under the third stone",
    "latitude": "47.3769421",
    "longitude": "8.5416937",
    "status": "at-my-mothers-place",
    "phone": "7391842",
    "phone name": "Wilhelmina at home",
    "password": "correct horse battery staple",
    "guess": "a guess at a password",
    "stranger": "6650917",
    "called": "0795554321",
    "account": "acct-550199",
    "account password": "trunk pass phrase",
    "TURN secret": "turn shared secret 1",
    "alias": "Radio Nightjar",
    "rubbish": "rubbish of Zacharias",
    "token": "eyJwbGFudGVkIjoidG9rZW4ifQ",
}


def secret(path: Path, text: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(f"{text}\n")
    return path


def sections(folder: Path, port: int, nobody: int) -> str:
    return f"""
[sip]
listen_udp = ["127.0.0.1:{port}"]
listen_tcp = ["127.0.0.1:{port}"]
[[sip.users]]
number = "{PRIVATE["phone"]}"
name = "{PRIVATE["phone name"]}"
password_file = "{secret(folder / "phone", PRIVATE["password"])}"
[[sip.rooms]]
number = "8001"
room = "ops"
[[sip.trunks]]
name = "office"
host = "127.0.0.1"
transport = "tcp"
port = {nobody}
user = "{PRIVATE["account"]}"
password_file = "{secret(folder / "trunk", PRIVATE["account password"])}"
register = true
prefixes = ["0"]
[[radio.channels]]
bridge = "hill"
channel = "vhf1"
room = "ops"
codec = "PCMU"
[web]
turn_urls = ["turn:127.0.0.1:{nobody}"]
turn_secret_file = "{secret(folder / "turn", PRIVATE["TURN secret"])}"
"""


async def people(hub: Gateway, bearer: str) -> None:
    async with session(hub.url, bearer, PRIVATE["name"], unit=PRIVATE["unit"]) as console:
        assert (await console.ask("join", room="ops"))["ok"]
        await console.ask("floor_request", room="ops")
        await console.ask("floor_release", room="ops")
        assert (await console.ask("send_message", room="ops", message="m1", text=PRIVATE["text"]))["ok"]
        place = {"lat": float(PRIVATE["latitude"]), "lon": float(PRIVATE["longitude"]), "accuracy_m": 5.0}
        assert (await console.ask("send_position", room="ops", **place))["ok"]
        await console.ask("send_status", room="ops", code="on_scene")
        assert (await console.ask("call_number", room="ops", number=PRIVATE["called"]))["ok"]
        await console.saw("call_changed", number=PRIVATE["called"])
    async with session(hub.url, bearer, PRIVATE["name"], subprotocol=JSON) as careless:
        # The decoder's complaint names the value; what cannot be answered is logged.
        wrong = {"type": "send_status", "code": PRIVATE["status"], "room": "ops", "id": PRIVATE["text"]}
        await careless.link.send(json.dumps(wrong))
        await hub.saw("malformed message")
        await careless.until(lambda: careless.ended)


async def strangers(hub: Gateway) -> None:
    async with aiohttp.ClientSession() as http:
        for path in (f"/join/{PRIVATE['token']}", f"/r/ops?token={PRIVATE['token']}"):
            async with http.get(hub.url + path) as answer:
                await answer.read()
        headers = {"Authorization": f"Bearer {PRIVATE['token']}", "Content-Type": "application/sdp"}
        async with http.post(f"{hub.url}/whip/ops", data=PRIVATE["rubbish"], headers=headers) as answer:
            assert answer.status in {400, 401, 403}
        async with http.ws_connect(f"{hub.url}/ws", protocols=[JSON]) as link:
            hello = {"type": "hello", "token": PRIVATE["token"], "name": PRIVATE["name"]}
            await link.send_str(json.dumps(hello))
            await link.receive(10)
        async with http.ws_connect(f"{hub.url}/ws", protocols=[JSON]) as link:
            await link.send_str(json.dumps({"type": PRIVATE["rubbish"]}))
            await link.receive(10)
    reader, writer = await asyncio.open_connection("127.0.0.1", int(hub.url.rpartition(":")[2]))
    writer.write(f"GET /{PRIVATE['token']} {PRIVATE['rubbish']}\r\n\r\n".encode())
    await asyncio.wait_for(reader.read(), 10)
    writer.close()


async def phones(door: tuple[str, int]) -> None:
    number, password = PRIVATE["phone"], PRIVATE["password"]
    async with Phone.open(door, number, password, name=PRIVATE["phone name"]) as phone:
        assert await phone.register() == 200
        call = await phone.call("8001")
        await call.sound.say(5)
        assert await call.hang_up() == 200
        with pytest.raises(Refused):
            await phone.call(PRIVATE["stranger"])
    async with Phone.open(door, number, PRIVATE["guess"]) as thief:
        assert await thief.register() == 401
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as out:
        out.sendto(f"INVITE {PRIVATE['rubbish']}\r\n\r\n".encode(), door)


async def radios(hub: Gateway, folder: Path) -> None:
    file = hub.store / "radio" / "bridges" / "hill"
    url = file.read_text(encoding="utf-8").strip()
    async with site(folder / "site", "hill", [url], "vhf1") as bridge:
        await hub.saw("a bridge is here")
        speech = folder / "speech.wav"
        write_wav(speech, numbered(0, 20, rate_hz=8000), 8000)
        await bridge.order("receive", "vhf1", file=str(speech), alias=PRIVATE["alias"], wait=True)
    login, _, where = url.removeprefix("mqtt://").rpartition("@")
    async with aiomqtt.Client(
        "127.0.0.1",
        int(where.rpartition(":")[2]),
        username="hill",
        password=login.partition(":")[2],
        protocol=aiomqtt.ProtocolVersion.V5,
    ) as careless:
        for kind in ("birth", "ch/vhf1/st", "ch/vhf1/ev", "hb"):
            await careless.publish(f"rb/1/hill/up/{kind}", PRIVATE["rubbish"].encode(), qos=1)
    await hub.saw("a bridge sen")


async def test_nothing_private_is_in_the_log_of_good_and_bad_traffic(tmp_path: Path) -> None:
    port, nobody = free_port(socket.SOCK_DGRAM, 1), free_port(socket.SOCK_DGRAM, 1)
    async with gateway(tmp_path, more=sections(tmp_path, port, nobody)) as hub:
        bearer = await hub.token(grants="listen,talk,dispatch,data", ttl="1h")
        await people(hub, bearer)
        await strangers(hub)
        await phones(("127.0.0.1", port))
        await radios(hub, tmp_path)
        await hub.saw("a trunk does not register us")
        broker_password = (hub.store / "radio" / "bridges" / "hill").read_text().strip().rpartition("@")[0]
        await hub.stop()
        log = list(hub.log)
    lines = [json.loads(line) for line in log]
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)
    told = {line["event"] for line in lines}
    assert {"malformed message", "call refused", "session refused", "stopping"} <= told, told
    planted = PRIVATE | {"bearer": bearer, "broker": broker_password.rpartition(":")[2]}
    found = [(what, line) for what, value in planted.items() for line in log if value in line]
    assert found == []
