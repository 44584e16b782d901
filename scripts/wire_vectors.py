"""Shared test vectors: every message once with all fields set, and each optional one left out.

``tests/wire/*.json`` is read by Python and TypeScript alike: ``message`` is the
object, ``msgpack`` its bytes in hex, ``json`` its text.
"""

from typing import Any

import msgspec

from gateway.model.call import CallState
from gateway.model.data import ReceiptState, StatusCode
from gateway.model.events import FloorEnd
from gateway.model.grants import Verb
from gateway.model.participant import LegKind
from gateway.model.radio import AirState, AirWhy
from gateway.model.refusal import RefusalCode
from gateway.model.room import RoomMode
from gateway.model.video import VideoKind
from gateway.wire import client, server
from gateway.wire.codec import Encoding, encode

_WEI = server.Person(leg="leg-7", name="韦立", unit="Ladder 7", kind=LegKind.BROWSER, media_up=True)
_SEEN = server.Person(
    leg="leg-8",
    name="Ola",
    unit="",
    kind=LegKind.BROWSER,
    media_up=True,
    shows=[VideoKind.CAMERA, VideoKind.SCREEN],
    status=server.Status(code=StatusCode.ON_SCENE, age_ms=61_000),
    position=server.Position(lat=-33.5, lon=151.25, accuracy_m=12.5, age_ms=900),
)
_HILL = server.Person(
    leg="leg-9",
    name="VHF dispatch",
    unit="",
    kind=LegKind.RADIO,
    media_up=True,
    air=server.Air(state=AirState.READY, why=AirWhy.NONE),
    talker="Unit 12",
    muted=True,
)
_TEXT = server.Message(
    id="m-1",
    leg="leg-8",
    name="Ola",
    unit="",
    text="Pumpe 2 läuft 🚒\n\u200f\u0645\u0627\u0621",
    at=1_795_000_000.5,
    delivered=2,
    seen=1,
)
_OPS = server.Room(
    id="ops",
    name="Operations",
    mode=RoomMode.TALKGROUP,
    talk_limit_ms=30_000,
    members=[_WEI, _SEEN, _HILL],
    holder="leg-7",
    talkspurt=41,
    holder_since_ms=1200,
    talkers=["leg-7"],
    messages=[_TEXT],
)
_EMPTY = server.Room(
    id="command",
    name="指挥",
    mode=RoomMode.CONFERENCE,
    talk_limit_ms=0,
    members=[],
    holder=None,
    talkspurt=None,
    holder_since_ms=0,
    talkers=[],
)

_BEARER = "bearer-of-the-vectors"
_CLIENT: dict[str, client.ClientMessage] = {
    "hello_new": client.Hello(token=_BEARER, name="Ana"),
    "hello_resume": client.Hello(
        token=_BEARER,
        name="韦立",
        unit="Ladder 7",
        resume=client.Resume(session="s1", key="k1", seq=1024),
    ),
    "join": client.Join(id=1, room="ops"),
    "leave": client.Leave(id=2, room="ops"),
    "media_offer": client.MediaOffer(id=3, sdp="v=0\r\n", audio_slots=8, video_slots=16),
    "media_restart": client.MediaOffer(id=11, sdp="v=0\r\n", restart=True),
    "ask_ice_servers": client.AskIceServers(id=12),
    "floor_request": client.FloorRequest(id=4, room="ops"),
    "floor_request_waits": client.FloorRequest(id=27, room="ops", wait=True),
    "floor_request_overrides": client.FloorRequest(id=28, room="ops", override=True),
    "cancel_request": client.CancelRequest(id=29, room="ops", member="leg-9"),
    "floor_release": client.FloorRelease(id=2**31 - 1, room="ops"),
    "show_picture": client.ShowPicture(id=13, room="ops", kind=VideoKind.CAMERA),
    "hide_picture": client.HidePicture(id=14, room="ops", kind=VideoKind.SCREEN),
    "watch_a_picture": client.Watch(id=15, slot=15, height=360, leg="leg-7", kind=VideoKind.SCREEN),
    "watch_whoever": client.Watch(id=16, slot=0, height=0),
    "set_mode": client.SetMode(id=6, room="ops", mode=RoomMode.BROADCAST),
    "call_number": client.CallNumber(id=9, room="ops", number="+49301234"),
    "give_up_call": client.GiveUpCall(id=10, room="ops", call=3),
    "remove_member": client.RemoveMember(id=22, room="ops", member="leg-7"),
    "mute_member": client.MuteMember(id=23, room="ops", member="leg-9", muted=True),
    "whisper": client.Whisper(id=31, room="ops", member="leg-7", on=True),
    "discreet_listening": client.DiscreetListening(id=32, room="ops", member="leg-7"),
    "remote_microphone": client.RemoteMicrophone(id=33, room="ops", member="leg-7"),
    "move_member": client.MoveMember(id=24, room="ops", member="leg-9", to="pipe"),
    "create_room": client.CreateRoom(id=25, name="爆管 Pipe 7", mode=RoomMode.CONFERENCE),
    "delete_room": client.DeleteRoom(id=26, room="made-0a1b2c3d-1"),
    "send_message": client.SendMessage(id=17, room="ops", message="m-1", text="Pumpe 2 läuft 🚒"),
    "send_receipt": client.SendReceipt(id=18, room="ops", message="m-1", state=ReceiptState.SEEN),
    "send_status": client.SendStatus(id=19, room="ops", code=StatusCode.NEED_HELP),
    "send_position": client.SendPosition(
        id=20, room="ops", lat=-33.5, lon=151.25, accuracy_m=12.5, age_ms=900
    ),
    "send_position_now": client.SendPosition(id=21, room="ops", lat=89.5, lon=-179.5, accuracy_m=0.5),
    "ping": client.Ping(id=7),
    "goodbye": client.Goodbye(id=8),
}

_SERVER: dict[str, server.ServerMessage] = {
    "welcome": server.Welcome(
        session="s1",
        key="k1",
        leg="leg-7",
        boot="b1",
        server="crosspatch",
        resumed=False,
        seq=0,
        rooms=[],
        visible=[_OPS, _EMPTY],
        verbs=[Verb.LISTEN, Verb.TALK],
        expires_at=1_795_000_000.5,
        resume_hold_ms=5000,
    ),
    "joined": server.Delta(seq=1, change=server.Joined(room="ops", person=_WEI)),
    "left": server.Delta(seq=2, change=server.Left(room="ops", leg="leg-7", why="left")),
    "media_state": server.Delta(seq=3, change=server.MediaState(room="ops", leg="leg-7", up=True)),
    "floor_taken": server.Delta(
        seq=4, change=server.FloorTaken(room="ops", leg="leg-7", talkspurt=41, limit_ms=30_000)
    ),
    "floor_idle": server.Delta(
        seq=5, change=server.FloorIdle(room="ops", leg="leg-7", talkspurt=41, why=FloorEnd.RELEASED)
    ),
    "queue_changed": server.Delta(seq=30, change=server.QueueChanged(room="ops", waiting=["leg-9", "leg-3"])),
    "floor_unserved": server.Delta(
        seq=31, change=server.FloorUnserved(room="ops", code=RefusalCode.WAITED_TOO_LONG)
    ),
    "floor_warned": server.Delta(seq=32, change=server.FloorWarned(room="ops", talkspurt=41, left_ms=5000)),
    "floor_revoked": server.Delta(
        seq=33, change=server.FloorRevoked(room="ops", talkspurt=41, grace_ms=3000)
    ),
    "talker": server.Delta(seq=6, change=server.Talker(room="command", leg="leg-7", on=True)),
    "mode_changed": server.Delta(
        seq=7, change=server.ModeChanged(room="ops", mode=RoomMode.CONFERENCE, by="leg-1")
    ),
    "call_changed": server.Delta(
        seq=8,
        change=server.CallChanged(
            room="ops", call=3, number="+49301234", state=CallState.NO_ANSWER, by="leg-1"
        ),
    ),
    "air_changed": server.Delta(
        seq=9,
        change=server.AirChanged(
            room="ops", leg="leg-9", air=server.Air(state=AirState.DENIED, why=AirWhy.BUSY)
        ),
    ),
    "radio_talker": server.Delta(seq=10, change=server.RadioTalker(room="ops", leg="leg-9", name="Unit 12")),
    "slot_filled": server.Delta(seq=11, change=server.SlotFilled(slot=2, number=2**32 - 1, leg="leg-7")),
    "slot_left": server.Delta(seq=12, change=server.SlotFilled(slot=0, number=9, leg=None)),
    "member_muted": server.Delta(
        seq=30, change=server.MemberMuted(room="ops", leg="leg-7", muted=True, by="leg-8")
    ),
    "whisper_begun": server.Delta(
        seq=34, change=server.WhisperChanged(room="ops", leg="leg-8", member="leg-7", on=True, why=None)
    ),
    "whisper_over": server.Delta(
        seq=35,
        change=server.WhisperChanged(
            room="ops", leg="leg-8", member="leg-7", on=False, why=FloorEnd.TIMED_OUT
        ),
    ),
    "moved": server.Delta(seq=31, change=server.Moved(room="ops", to="pipe")),
    "room_made": server.Delta(
        seq=32, change=server.RoomMade(made=msgspec.structs.replace(_EMPTY, made=True))
    ),
    "room_gone": server.Delta(seq=33, change=server.RoomGone(gone="made-0a1b2c3d-1")),
    "picture_shown": server.Delta(
        seq=13, change=server.PictureShown(room="ops", leg="leg-7", kind=VideoKind.SCREEN, on=True)
    ),
    "picture_turned": server.Delta(
        seq=14,
        change=server.PictureTurned(
            slot=15,
            number=2**31 + 7,
            leg="leg-7",
            kind=VideoKind.SCREEN,
            rtp_timestamp=2**32 - 1,
            layer=2,
            paused=False,
        ),
    ),
    "message_posted": server.Delta(seq=20, change=server.MessagePosted(room="ops", message=_TEXT)),
    "receipt_changed": server.Delta(
        seq=21, change=server.ReceiptChanged(room="ops", message="m-1", delivered=3, seen=2)
    ),
    "status_changed": server.Delta(
        seq=22, change=server.StatusChanged(room="ops", leg="leg-7", code=StatusCode.EN_ROUTE)
    ),
    "position_changed": server.Delta(
        seq=23,
        change=server.PositionChanged(
            room="ops",
            leg="leg-7",
            position=server.Position(lat=-33.5, lon=151.25, accuracy_m=12.5, age_ms=900),
        ),
    ),
    "picture_gone": server.Delta(
        seq=15,
        change=server.PictureTurned(
            slot=0, number=9, leg=None, kind=None, rtp_timestamp=0, layer=0, paused=True
        ),
    ),
    "own_media": server.Delta(seq=2**53 - 1, change=server.OwnMedia(up=False, why="consent")),
    "answer_ok": server.Answer(id=1, ok=True),
    "answer_join": server.Answer(id=1, ok=True, room=_OPS),
    "answer_media": server.Answer(id=3, ok=True, sdp="v=0\r\n"),
    "answer_ice_servers": server.Answer(
        id=12,
        ok=True,
        ice_servers=[
            server.IceServer(urls=["stun:stun.example.net"]),
            server.IceServer(
                urls=["turns:turn.example.net:443?transport=tcp"],
                username="1795000000:leg-7",
                credential="short-lived",
            ),
        ],
    ),
    "answer_granted": server.Answer(id=4, ok=True, talkspurt=41, limit_ms=30_000),
    "answer_queued": server.Answer(id=27, ok=True, place=2),
    "answer_penalty": server.Answer(id=27, ok=False, code=RefusalCode.PENALTY, wait_ms=1800),
    "answer_call": server.Answer(id=9, ok=True, call=3),
    "answer_made": server.Answer(id=25, ok=True, made="made-0a1b2c3d-1"),
    "answer_refused": server.Answer(
        id=4, ok=False, code=RefusalCode.FLOOR_BUSY, detail="leg-7 has the floor"
    ),
    "bye": server.Bye(code=server.ByeCode.REPLACED, detail="resumed on another socket"),
}


def client_vectors() -> list[dict[str, Any]]:
    """Messages of clients."""
    return [_vector(name, message) for name, message in _CLIENT.items()]


def server_vectors() -> list[dict[str, Any]]:
    """Messages of the hub."""
    return [_vector(name, message) for name, message in _SERVER.items()]


def _vector(name: str, message: client.ClientMessage | server.ServerMessage) -> dict[str, Any]:
    return {
        "name": name,
        "message": msgspec.to_builtins(message),
        "msgpack": encode(message, Encoding.MSGPACK).hex(),
        "json": encode(message, Encoding.JSON).decode(),
    }
