"""The pjsua2 phone as a program of its own: one line of JSON in for each order, one out for each answer.

One thread owns the library: it has no threads of its own here, and every object lives and dies on it. The
last reference to a call goes in its DISCONNECTED callback. At most four calls a process (compiled in).
"""

import json
import os
import select
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pjsua2 as pj  # type: ignore[import-untyped]

_POLL_MS = 10
_PATIENCE_S = 20.0
_PCMU_ONLY = {"PCMU/8000/1": 255}


class _Account(pj.Account):  # type: ignore[misc]
    status = 0

    def onRegState(self, prm: object) -> None:  # noqa: N802, ARG002 - the library's name
        self.status = self.getInfo().regStatus

    def onIncomingCall(self, prm: Any) -> None:  # noqa: N802, ANN401 - the library has no types
        call = _Call(self, prm.callId)
        ringing = pj.CallOpParam()
        ringing.statusCode = 180
        call.answer(ringing)
        _phone.call = call


class _Call(pj.Call):  # type: ignore[misc]
    connected = False
    over = False
    status = 0

    def onCallState(self, prm: object) -> None:  # noqa: N802, ARG002
        info = self.getInfo()
        self.status = info.lastStatusCode
        self.connected = info.state == pj.PJSIP_INV_STATE_CONFIRMED
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.over = True
            _phone.call, _phone.last_status = None, self.status

    def onCallMediaState(self, prm: object) -> None:  # noqa: N802, ARG002
        if _phone.call is not self or _phone.player is None:
            return
        info = self.getInfo()  # owns what it lists
        if any(media.status == pj.PJSUA_CALL_MEDIA_ACTIVE for media in info.media):
            sound = self.getAudioMedia(-1)
            _phone.player.startTransmit(sound)
            sound.startTransmit(_phone.recorder)


class _Phone:
    call: _Call | None = None
    player: Any = None
    recorder: Any = None
    path = ""
    """Of what is being recorded."""
    last_status = 0
    """Of the last call that ended."""

    def __init__(self) -> None:
        self.endpoint = pj.Endpoint()
        self.endpoint.libCreate()
        config = pj.EpConfig()
        config.uaConfig.threadCnt = 0
        config.uaConfig.mainThreadOnly = True
        config.logConfig.level = 0
        config.logConfig.consoleLevel = 0
        config.medConfig.sndAutoCloseTime = -1
        config.medConfig.noVad = True
        config.medConfig.ecTailLen = 0
        self.endpoint.libInit(config)
        self.endpoint.audDevManager().setNullDev()
        for codec in self.endpoint.codecEnum2():
            self.endpoint.codecSetPriority(codec.codecId, _PCMU_ONLY.get(codec.codecId, 0))

    def open(
        self, kind: str, server: str, user: str, password: str, play: str, record: str, proxy: str = ""
    ) -> dict[str, Any]:
        """Start the transport and register; ``proxy``: what every request passes first."""
        kinds = {"udp": pj.PJSIP_TRANSPORT_UDP, "tcp": pj.PJSIP_TRANSPORT_TCP, "tls": pj.PJSIP_TRANSPORT_TLS}
        transport = pj.TransportConfig()
        transport.boundAddress = "127.0.0.1"
        transport.port = 0
        self.endpoint.transportCreate(kinds[kind], transport)
        self.endpoint.libStart()
        self.server, self.suffix = server, f";transport={kind}"
        config = pj.AccountConfig()
        config.idUri = f"sip:{user}@{server}"
        config.regConfig.registrarUri = f"sip:{server}{self.suffix}"
        config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", user, 0, password))
        if proxy:
            config.sipConfig.proxies.append(f"sip:{proxy}{self.suffix};lr")
        config.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
        self.account = _Account()
        self.account.create(config)
        self.player = pj.AudioMediaPlayer()
        self.player.createPlayer(play)
        self.record(record)
        self.until(lambda: bool(self.account.status >= 200))
        return {"status": self.account.status}

    def dial(self, number: str) -> dict[str, Any]:
        call = _Call(self.account)
        self.call = call
        prm = pj.CallOpParam(True)  # noqa: FBT003 - the library's own
        prm.opt.videoCount = 0
        call.makeCall(f"sip:{number}@{self.server}{self.suffix}", prm)
        self.until(lambda: call.connected or call.over)
        return {"status": call.status}

    def ring(self) -> dict[str, Any]:
        """Wait for a call; it rings here until ``answer``, or until the caller gives up."""
        self.until(lambda: self.call is not None)
        return {"caller": self._current().getInfo().remoteUri}

    def answer(self, status: int = 200) -> dict[str, Any]:
        """Pick up, or refuse with another status."""
        call = self._current()
        prm = pj.CallOpParam()
        prm.statusCode = status
        call.answer(prm)
        self.until(lambda: call.connected or call.over)
        return {"status": call.status, "connected": call.connected}

    def end(self) -> dict[str, Any]:
        """Wait until the call has ended, by whomever."""
        self.until(lambda: self.call is None)
        return {"over": self.call is None, "status": self.last_status}

    def record(self, path: str) -> dict[str, Any]:
        """Go on recording in another file: the former one is complete."""
        former, self.path = self.path, path
        self.recorder = pj.AudioMediaRecorder()
        self.recorder.createRecorder(path)
        if self.call is not None:
            self.call.onCallMediaState(None)
        # The library takes the former one out of its bridge, and closes its file, with the next tick.
        self.until(lambda: not former or _is_complete(Path(former)))
        return {}

    def hold(self) -> dict[str, Any]:
        self._current().setHold(pj.CallOpParam())
        self.run(1.0)
        return {}

    def unhold(self) -> dict[str, Any]:
        prm = pj.CallOpParam()
        prm.opt.flag = pj.PJSUA_CALL_UNHOLD
        prm.opt.audioCount, prm.opt.videoCount = 1, 0
        self._current().reinvite(prm)
        self.run(1.0)
        return {}

    def press(self, keys: str) -> dict[str, Any]:
        self._current().dialDtmf(keys)
        self.run(0.6)
        return {}

    def info(self, content_type: str, body: str) -> dict[str, Any]:
        """Anything as SIP INFO."""
        prm = pj.CallSendRequestParam()
        prm.method = "INFO"
        prm.txOption.contentType, prm.txOption.msgBody = content_type, body
        self._current().sendRequest(prm)
        self.run(0.6)
        return {}

    def wait(self, seconds: float) -> dict[str, Any]:
        self.run(seconds)
        return {"over": self.call is None}

    def hang_up(self) -> dict[str, Any]:
        call = self._current()
        call.hangup(pj.CallOpParam())
        self.until(lambda: call.over)
        return {"status": call.status}

    def until(self, reached: Callable[[], bool]) -> None:
        end = time.monotonic() + _PATIENCE_S
        while not reached() and time.monotonic() < end:
            self.endpoint.libHandleEvents(_POLL_MS)

    def run(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.endpoint.libHandleEvents(_POLL_MS)

    def _current(self) -> _Call:
        if self.call is None:
            raise RuntimeError("no call")
        return self.call


def _is_complete(wav: Path) -> bool:
    """Its length stands in its head, which is written last."""
    head = wav.read_bytes()[:8]
    return len(head) == 8 and int.from_bytes(head[4:], "little") == wav.stat().st_size - 8


def main() -> None:
    """Serve orders until standard input ends."""
    while True:
        readable, _, _ = select.select([sys.stdin], [], [], 0)
        if not readable:
            _phone.endpoint.libHandleEvents(_POLL_MS)
            continue
        line = sys.stdin.readline()
        if not line:
            break
        order = json.loads(line)
        try:
            answer = getattr(_phone, order.pop("do"))(**order)
        except Exception as error:  # noqa: BLE001 - told to whoever gave the order
            answer = {"error": str(error)}
        _answers.write(json.dumps(answer) + "\n")
        _answers.flush()
    _phone.endpoint.libDestroy()
    # Its destructors run in an order that the library does not survive.
    os._exit(0)


if __name__ == "__main__":
    # The library writes to standard output before it can be told not to.
    _answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    _phone = _Phone()
    main()
