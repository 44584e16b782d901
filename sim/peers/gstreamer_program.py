"""GStreamer's webrtcbin as a talker or a listener: a program for the system's own Python.

    /usr/bin/python3 gstreamer_program.py talk|listen

It speaks JSON lines. Out: ``{"offer": sdp}``, ``{"state": ...}`` for each connection state,
``{"said": true}`` after it spoke, ``{"at": samples, "pcm": base64}`` for each block played,
``{"error": text}``. In: first ``{"pem": text}``, the certificate and key to use, then ``{"answer": sdp}``
and ``{"say": base64}`` (48 kHz mono, 16 bit). It ends when its input ends.
"""

# ruff: noqa: ANN401 - the bindings have no types

import base64
import collections
import ctypes
import json
import queue
import sys
import threading
import time
from typing import Any

import gi  # type: ignore[import-not-found]

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # type: ignore[import-not-found]  # noqa: E402

_RATE_HZ = 48_000
_BLOCK_BYTES = 960 * 2
_BLOCK_NS = 20_000_000
_TAIL_BLOCKS = 25

_TALK = """
  webrtcbin name=rtc bundle-policy=max-bundle
  appsrc name=microphone format=time is-live=true
  ! audio/x-raw,format=S16LE,rate=48000,channels=1,layout=interleaved
  ! queue ! opusenc bitrate=32000 audio-type=voice ! rtpopuspay pt=111
  ! application/x-rtp,media=audio,encoding-name=OPUS,payload=111 ! rtc.
"""
_PLAY = """
  rtpopusdepay ! opusdec ! audioconvert ! audioresample
  ! audio/x-raw,format=S16LE,rate=48000,channels=1 ! appsink name=speaker sync=false emit-signals=true
"""
_OPUS = (
    "application/x-rtp,media=audio,encoding-name=OPUS,payload=111,clock-rate=48000,encoding-params=(string)2"
)


def tell(**line: Any) -> None:
    """One line to the driver; whole lines, from any of GStreamer's threads."""
    with _OUT:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


_OUT = threading.Lock()


class Offerer:
    """Offers once, when all candidates are known."""

    def __init__(self, pipeline: Any) -> None:
        self._rtc = pipeline.get_by_name("rtc")
        self._rtc.connect("on-negotiation-needed", self._offer)
        self._rtc.connect("notify::ice-gathering-state", self._gathered)
        self._rtc.connect("notify::connection-state", self._state)

    def answer(self, sdp: str) -> None:
        _, message = GstSdp.SDPMessage.new_from_text(sdp)
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
        self._rtc.emit("set-remote-description", description, Gst.Promise.new())

    def _offer(self, rtc: Any) -> None:
        rtc.emit("create-offer", None, Gst.Promise.new_with_change_func(self._offered, None))

    def _offered(self, promise: Any, _: Any) -> None:
        reply = promise.get_reply()  # owns the offer, so it has to outlive the next call
        offer = reply.get_value("offer")
        self._rtc.emit("set-local-description", offer, Gst.Promise.new())

    def _gathered(self, rtc: Any, _: Any) -> None:
        if rtc.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            tell(offer=rtc.get_property("local-description").sdp.as_text())

    def _state(self, rtc: Any, _: Any) -> None:
        tell(state=rtc.get_property("connection-state").value_nick)


class Microphone:
    """A live source: one block every 20 ms from a thread of its own, speech while there is some."""

    def __init__(self, pipeline: Any) -> None:
        self._source = pipeline.get_by_name("microphone")
        self._speech: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        threading.Thread(target=self._run, daemon=True).start()

    def say(self, pcm: bytes) -> None:
        for at in range(0, len(pcm), _BLOCK_BYTES):
            self._speech.put(pcm[at : at + _BLOCK_BYTES])
        for _ in range(_TAIL_BLOCKS):
            self._speech.put(bytes(_BLOCK_BYTES))
        self._speech.put(None)

    def _run(self) -> None:
        begun, at = time.monotonic_ns(), 0
        while True:
            time.sleep(max(0, begun + at - time.monotonic_ns()) / 1e9)
            buffer = Gst.Buffer.new_wrapped(self._next_block())
            buffer.pts, buffer.duration = at, _BLOCK_NS
            if self._source.emit("push-buffer", buffer) != Gst.FlowReturn.OK:
                return
            at += _BLOCK_NS

    def _next_block(self) -> bytes:
        try:
            block = self._speech.get_nowait()
        except queue.Empty:
            return bytes(_BLOCK_BYTES)
        if block is None:
            tell(said=True)
        return block or bytes(_BLOCK_BYTES)


class Speaker:
    """Decodes a received track and hands its blocks to the driver, each at its RTP time.

    The buffers' own times follow the arrival of packets (the jitter buffer corrects for drift), which is
    right for a loudspeaker and wrong for a judge.
    """

    def __init__(self, pipeline: Any, pad: Any) -> None:
        self._times: collections.deque[int] = collections.deque()
        self._last = 0
        bin_ = Gst.parse_bin_from_description(_PLAY, ghost_unlinked_pads=True)
        bin_.get_by_name("speaker").connect("new-sample", self._played)
        pipeline.add(bin_)
        bin_.sync_state_with_parent()
        sink = bin_.get_static_pad("sink")
        sink.add_probe(Gst.PadProbeType.BUFFER, self._packet)
        pad.link(sink)

    def _packet(self, _: Any, info: Any) -> Any:
        """Note the packet's timestamp (RFC 3550 5.1: bytes 4 to 7), unwrapped."""
        stamp = int.from_bytes(info.get_buffer().extract_dup(4, 4), "big")
        self._last += (stamp - self._last + 2**31) % 2**32 - 2**31
        self._times.append(self._last)
        return Gst.PadProbeReturn.OK

    def _played(self, sink: Any) -> Any:
        """One packet in is one block out: the decoder invents nothing for lost ones."""
        buffer = sink.emit("pull-sample").get_buffer()
        pcm = buffer.extract_dup(0, buffer.get_size())
        tell(at=self._times.popleft(), pcm=base64.b64encode(pcm).decode())
        return Gst.FlowReturn.OK


def _pipeline(role: str) -> Any:
    if role == "talk":
        return Gst.parse_launch(_TALK)
    pipeline = Gst.Pipeline.new("listen")
    rtc = Gst.ElementFactory.make("webrtcbin", "rtc")
    rtc.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
    pipeline.add(rtc)
    return pipeline


def _listen(_: Any, pad: Any, pipeline: Any, speakers: list[Speaker]) -> None:
    if pad.get_direction() == Gst.PadDirection.SRC:
        speakers.append(Speaker(pipeline, pad))


def _stay_on_loopback(rtc: Any) -> Any:
    """Gather 127.0.0.1 and nothing else; what is returned has to be kept, the bin holds no reference.

    Left to itself, libnice ties its sockets to an interface, so that they do not reach a gateway on
    loopback, and asks the network's router to open ports. It has no bindings here, hence ctypes.
    """
    ice = rtc.get_property("ice-agent")
    agent = ice.get_property("agent")
    agent.set_property("upnp", False)  # noqa: FBT003 - GObject's signature
    agent.set_property("ice-tcp", False)  # noqa: FBT003
    nice = ctypes.CDLL("libnice.so.10")
    nice.nice_address_new.restype = ctypes.c_void_p
    address = ctypes.c_void_p(nice.nice_address_new())
    if not nice.nice_address_set_from_string(address, b"127.0.0.1"):
        raise RuntimeError("libnice does not know 127.0.0.1")
    nice.nice_agent_add_local_address(ctypes.c_void_p(hash(agent)), address)
    nice.nice_address_free(address)
    return ice, agent


def _identify(element: Any, pem: str) -> None:
    factory = element.get_factory()
    if factory is not None and factory.get_name() == "dtlsdec":
        element.set_property("pem", pem)


def main(role: str) -> None:
    GLib.log_writer_default_set_use_stderr(use_stderr=True)  # what goes to stdout is JSON
    Gst.init(None)
    loop = GLib.MainLoop()
    pipeline = _pipeline(role)
    pem = json.loads(sys.stdin.readline())["pem"]
    pipeline.connect("deep-element-added", lambda _pipeline, _bin, element: _identify(element, pem))
    offerer = Offerer(pipeline)
    rtc = pipeline.get_by_name("rtc")
    speakers: list[Speaker] = []
    kept = _stay_on_loopback(rtc)
    direction = GstWebRTC.WebRTCRTPTransceiverDirection
    if role == "talk":
        rtc.emit("get-transceiver", 0).set_property("direction", direction.SENDONLY)
    else:
        rtc.connect("pad-added", _listen, pipeline, speakers)
        rtc.emit("add-transceiver", direction.RECVONLY, Gst.Caps.from_string(_OPUS))
    pipeline.get_bus().add_signal_watch()
    pipeline.get_bus().connect("message::error", lambda _, message: tell(error=str(message.parse_error())))
    pipeline.set_state(Gst.State.PLAYING)
    microphone = Microphone(pipeline) if role == "talk" else None

    def commands() -> None:
        for line in sys.stdin:
            command = json.loads(line)
            if "answer" in command:
                offerer.answer(command["answer"])
            elif "say" in command and microphone is not None:
                microphone.say(base64.b64decode(command["say"]))
        loop.quit()

    threading.Thread(target=commands, daemon=True).start()
    loop.run()
    pipeline.set_state(Gst.State.NULL)
    del kept


if __name__ == "__main__":
    main(sys.argv[1])
