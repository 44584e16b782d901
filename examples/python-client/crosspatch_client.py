"""Act in a gateway's rooms from another program: a small client of /api/v1, and a story told with it.

Python 3.11 or newer, nothing to install. The token is read from the environment: TOKEN.

    python crosspatch_client.py http://127.0.0.1:8080 --new-room "Flood 7" --phone 101 --message "Read this"
"""

import argparse
import json
import os
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from typing import Any

TIMEOUT_S = 10.0


class Refused(Exception):
    """The gateway said no; the text says why."""


class Client:
    """One gateway, one token."""

    def __init__(self, gateway: str, token: str) -> None:
        if not gateway.startswith(("http://", "https://")):
            raise ValueError(f"found {gateway!r}, expected an address such as http://127.0.0.1:8080")
        self.gateway = gateway.rstrip("/")
        self._token = token

    def rooms(self) -> Iterator[dict[str, Any]]:
        """Every room that the token covers, whatever the size of a page."""
        behind: str | None = ""
        while behind is not None:
            page = self._ask("GET", f"/rooms{behind}")
            yield from page["rooms"]
            behind = f"?cursor={page['next']}" if page["next"] else None

    def create_room(self, name: str) -> str:
        """A new talkgroup; its id."""
        return str(self._ask("POST", "/rooms", {"name": name})["id"])

    def room(self, room: str) -> dict[str, Any]:
        """Mode, floor and members now."""
        return self._ask("GET", f"/rooms/{room}")

    def call(self, room: str, number: str) -> dict[str, Any]:
        """Call a number; who answers is in the room."""
        return self._ask("POST", f"/rooms/{room}/calls", {"number": number})

    def link(self, room: str, *grants: str, ttl_s: int = 3600) -> str:
        """An address at which a browser joins the room. Whoever has it has these rights."""
        wanted = {"grants": list(grants), "ttl_s": ttl_s}
        return self.gateway + str(self._ask("POST", f"/rooms/{room}/links", wanted)["path"])

    def post(self, room: str, text: str) -> None:
        """Everybody in the room reads it."""
        self._ask("POST", f"/rooms/{room}/messages", {"text": text})

    def floor(self, room: str) -> dict[str, Any]:
        """Who talks and who waits now."""
        return self._ask("GET", f"/rooms/{room}/floor")

    def press(self, room: str, leg: str, *, wait: bool = False) -> dict[str, Any]:
        """Ask for the floor for your own WHIP session: ``granted``, or with ``wait`` perhaps ``queued``."""
        return self._ask("PUT", f"/rooms/{room}/floor/{leg}", {"wait": wait})

    def let_go(self, room: str, leg: str) -> None:
        """Give the floor back, or wait no longer."""
        self._ask("DELETE", f"/rooms/{room}/floor/{leg}")

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if method == "POST":
            # With the same key it could be sent again after a broken connection, and be done once.
            headers["Idempotency-Key"] = uuid.uuid4().hex
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - http and https only, see __init__
            f"{self.gateway}/api/v1{path}", data=data, headers=headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310 - as above
                text = response.read()
        except urllib.error.HTTPError as error:
            problem = json.load(error)
            raise Refused(f"{method} {path}: {problem['status']} {problem['detail']}") from None
        return dict(json.loads(text)) if text else {}


def main() -> None:
    """List the rooms, make one or take one, invite a phone and a browser, post a message."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("gateway", help="its address, such as http://127.0.0.1:8080")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--room", help="id of a room that is there")
    where.add_argument("--new-room", metavar="NAME", help="make one")
    parser.add_argument("--phone", metavar="NUMBER", help="call it into the room")
    parser.add_argument("--message", metavar="TEXT", help="post it in the room")
    parser.add_argument("--press", metavar="LEG", help="ask for the floor for your WHIP session of this leg")
    parser.add_argument("--let-go", metavar="LEG", help="give its floor back")
    arguments = parser.parse_args()
    client = Client(arguments.gateway, os.environ["TOKEN"])
    for one in client.rooms():
        print(f"room {one['id']}: {one['name']}, {one['mode']}, {one['members']} members")
    room = arguments.room or client.create_room(arguments.new_room)
    print(f"in {room}")
    if arguments.phone:
        print(f"calling {arguments.phone}: {client.call(room, arguments.phone)['state']}")
    if arguments.message:
        client.post(room, arguments.message)
        print("posted")
    if arguments.press:
        told = client.press(room, arguments.press, wait=True)
        print(f"floor: {told['state']}" + (f" at {told['place']}" if told["place"] else ""))
    if arguments.let_go:
        client.let_go(room, arguments.let_go)
        print(f"floor: {client.floor(room)['state']}")
    print(f"join by {client.link(room, 'listen', 'talk', 'data')}")


if __name__ == "__main__":
    try:
        main()
    except (Refused, OSError, KeyError, ValueError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
