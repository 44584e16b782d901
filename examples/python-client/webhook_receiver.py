"""Takes what a gateway tells by webhook, checks who says it, and prints it; Python 3.11, no packages.

    SECRET=whsec_... python webhook_receiver.py --port 9000

The secret is the one of the gateway's ``secret_file``. Put TLS before it where it is not on the gateway's
machine.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import time
from collections import OrderedDict
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

BODY_BYTES_MAX = 65_536
TOLERANCE_S = 300
"""A message whose attempt is older may be a recorded one that somebody sends again."""
IDS_KEPT = 1000
"""A message may come twice: its id says so."""


def is_signed(key: bytes, message: str, at: str, body: bytes, signatures: str, now: float) -> bool:
    """As the Standard Webhooks specification has it: any one good signature, and not too old."""
    if not at.isdecimal() or abs(now - int(at)) > TOLERANCE_S:
        return False
    signed = hmac.new(key, f"{message}.{at}.".encode() + body, hashlib.sha256).digest()
    wanted = "v1," + base64.b64encode(signed).decode()
    return any(hmac.compare_digest(one.encode(), wanted.encode()) for one in signatures.split(" "))


class Receiver(BaseHTTPRequestHandler):
    """Answers 204 to what it believes."""

    key: bytes
    seen: ClassVar[OrderedDict[str, None]] = OrderedDict()

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > BODY_BYTES_MAX:
            self.send_error(413)
            return
        body = self.rfile.read(int(length))
        message = self.headers.get("webhook-id", "")
        signed = is_signed(
            self.key,
            message,
            self.headers.get("webhook-timestamp", ""),
            body,
            self.headers.get("webhook-signature", ""),
            time.time(),
        )
        if not signed:
            self.send_error(401)
            return
        if message not in self.seen:
            self.seen[message] = None
            if len(self.seen) > IDS_KEPT:
                self.seen.popitem(last=False)
            told = json.loads(body)
            print(told["type"], json.dumps(told["data"], ensure_ascii=False), flush=True)
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Nothing: what is told holds people's names."""


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=9000)
    port = parser.parse_args().port
    Receiver.key = base64.b64decode(os.environ["SECRET"].removeprefix("whsec_"), validate=True)
    with ThreadingHTTPServer(("127.0.0.1", port), Receiver) as server:
        print(f"listening on http://127.0.0.1:{server.server_port}/", flush=True)
        with suppress(KeyboardInterrupt):
            server.serve_forever()


if __name__ == "__main__":
    main()
