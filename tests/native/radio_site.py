"""A broker of the test's own and a radio site on it, for stories of the radio thread."""

import contextlib
import queue
import select
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from gateway._native import RadioEdge, RadioFence, RadioStream, RadioUplink, radio_decode

if TYPE_CHECKING:
    from gateway._native import RadioAction, RadioEvent

OPUS = "opus/48000/1"
DEADLINE_S = 10.0
SID = "7K3F9QXA"
T = TypeVar("T")


def now_us() -> int:
    return time.monotonic_ns() // 1000


def wait_for(what: str, look: Callable[[], T | None]) -> T:
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        if (found := look()) is not None:
            return found
    msg = f"no {what} within {DEADLINE_S} s"
    raise TimeoutError(msg)


class Broker:
    """Mosquitto on a port that it keeps over restarts."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._conf = folder / "mosquitto.conf"
        self._conf.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\npersistence false\n"
            "max_packet_size 8192\nmax_topic_alias 32\n",
            encoding="utf-8",
        )
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["/usr/sbin/mosquitto", "-c", str(self._conf)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for("broker", self._answers)

    def _answers(self) -> bool | None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=0.2):
            return True
        return None

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(timeout=DEADLINE_S)


class Events:
    """What an edge reports, waited for by name."""

    def __init__(self, edge: RadioEdge) -> None:
        self._edge = edge
        self._seen: list[RadioEvent] = []

    def next(self, name: str) -> "RadioEvent":
        """The next event of that name; what comes before it is kept."""
        return wait_for(f"event {name}", lambda: self._take(name))

    def _take(self, name: str) -> "RadioEvent | None":
        self._edge.pulse()
        for k, event in enumerate(self._seen):
            if event[0] == name:
                return self._seen.pop(k)
        if select.select([self._edge.event_fd()], [], [], 0.05)[0]:
            self._seen += self._edge.drain()
        return None


class Site:
    """A bridge with one channel: its fence on the contract's topics, what it would put on air in a list."""

    def __init__(self, port: int) -> None:
        self.played: list[tuple[bytes, int]] = []
        self.ptt = False
        self.hub_states: list[bytes] = []
        self.aborted: list[int] = []
        """Tokens, of any channel."""
        self.fence = RadioFence(codec=OPUS)
        self._uplink = RadioUplink(sid=SID)
        self._inbox: queue.SimpleQueue[mqtt.MQTTMessage] = queue.SimpleQueue()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.on_message = lambda _client, _data, message: self._inbox.put(message)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._client.subscribe([("rb/1/hub/state", 1), ("rb/1/hill/dn/#", 1)])
        self._do(self.fence.configure(now_us(), transmit=True))
        self._do(self.fence.broker(up=True, now_us=now_us()))
        self._beat_at = 0

    def turn(self) -> None:
        """Take what came, do what is due; call it often."""
        if now_us() >= self._beat_at:
            self._beat_at = now_us() + 500_000
            self._client.publish("rb/1/hill/up/hb", self._uplink.heartbeat(now_us(), 0))
        with contextlib.suppress(queue.Empty):
            while True:
                self._hear(self._inbox.get_nowait())
        self._do(self.fence.tick(now_us()))

    def receive(self, stream: RadioStream, frames: list[bytes], *, end: bool) -> None:
        """What its radio hears, at once."""
        messages = [message for frame in frames if (message := stream.push(frame, now_us())) is not None]
        for message in messages + (stream.end() if end else []):
            self._client.publish("rb/1/hill/up/ch/vhf1/rx", message)

    def _hear(self, message: mqtt.MQTTMessage) -> None:
        payload, now = bytes(message.payload), now_us()
        if message.topic.endswith("/floor") and (said := radio_decode("floor_dn", payload))["op"] == "abort":
            self.aborted.append(said["tok"])
        match message.topic.removeprefix("rb/1/"):
            case "hub/state":
                self.hub_states.append(payload)
                self._do(self.fence.hub_state(payload, now))
            case "hill/dn/hb":
                self._uplink.probe(payload, now)
                self._do(self.fence.heartbeat(payload, now, retained=message.retain))
            case "hill/dn/ch/vhf1/floor":
                self._do(self.fence.floor(payload, now, retained=message.retain))
            case "hill/dn/ch/vhf1/tx":
                self._do(self.fence.tx(payload, now, retained=message.retain))

    def _do(self, actions: "list[RadioAction]") -> None:
        for action in actions:
            match action:
                case ("ptt", on):
                    self.ptt = on
                case ("play", frame, age_us):
                    self.played.append((frame, age_us))
                case ("publish", payload):
                    self._client.publish("rb/1/hill/up/ch/vhf1/floor", payload, qos=1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Leg:
    """The media plane's side of a channel: RTP on loopback."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0)
        self.port: int = self._socket.getsockname()[1]
        self._sent = 0

    def send(self, port: int, payload: bytes) -> None:
        header = struct.pack("!BBHII", 0x80, 111, self._sent % 65_536, self._sent * 960, 9)
        self._sent += 1
        self._socket.sendto(header + payload, ("127.0.0.1", port))

    def received(self) -> Iterator[tuple[bool, int, int, bytes]]:
        """(marker, timestamp, SSRC, payload) of each packet that waits."""
        with contextlib.suppress(BlockingIOError):
            while True:
                packet = self._socket.recv(2_048)
                _, second, _, timestamp, ssrc = struct.unpack("!BBHII", packet[:12])
                yield bool(second & 0x80), timestamp, ssrc, packet[12:]

    def close(self) -> None:
        self._socket.close()


def edge_on(
    port: int,
    *,
    root: str = "rb",
    tls: tuple[bytes, bytes, bytes] | None = None,
    limits: dict[str, int] | None = None,
) -> RadioEdge:
    return RadioEdge(host="127.0.0.1", port=port, client_id="hub", epoch=5, root=root, tls=tls, limits=limits)
