"""WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep) over HTTP, with aiohttp's client."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from adapters.web.config import WebConfig
from gateway.model.grants import Verb
from gateway.model.ids import LegId, RoomId
from gateway.model.video import VideoKind
from tests.contract.web.world import World, running, until

HEAD = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
ICE = "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"


def audio(direction: str) -> str:
    return f"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n{ICE}a={direction}\r\n"


def video(port: int = 9, extra: str = "", direction: str = "sendrecv") -> str:
    return f"m=video {port} UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\n{extra}a={direction}\r\n"


OFFERS = {"whip": HEAD + audio("sendonly"), "whep": HEAD + audio("recvonly")}
CANDIDATE = "a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\na=end-of-candidates\r\n"
TRICKLE = f"a=group:BUNDLE 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n{ICE}{CANDIDATE}"
NEW_UFRAG = TRICKLE.replace("EsAw", "ysXw")
RESTART = NEW_UFRAG.replace("P2uYro0UCOQ4zxjKXaWCBui1", "vw5LmwG4y/e6dPP/zAP9Gp5k")
SHORT_PASSWORD = NEW_UFRAG.replace("P2uYro0UCOQ4zxjKXaWCBui1", "vw5LmwG4")
LONG = TRICKLE + CANDIDATE * 300
FRAGMENT = "application/trickle-ice-sdpfrag"

DOORS = pytest.mark.parametrize("door", ["whip", "whep"])


class Program:
    """A WHIP or WHEP client that holds one bearer."""

    def __init__(self, world: World, http: aiohttp.ClientSession, token: str) -> None:
        self.world = world
        self.http = http
        self.token = token

    def send(self, method: str, path: str, **more: object) -> "aiohttp.client._RequestContextManager":
        headers = {"Authorization": f"Bearer {self.token}"} | dict(more.pop("headers", None) or {})
        return self.http.request(method, self.world.url + path.lstrip("/"), headers=headers, **more)

    async def post(
        self, door: str, room: str = "command", offer: str | None = None
    ) -> tuple[aiohttp.ClientResponse, str]:
        body = OFFERS[door] if offer is None else offer
        response = await self.send(
            "POST", f"{door}/{room}", data=body, headers={"Content-Type": "application/sdp"}
        )
        return response, await response.text()

    async def patch(
        self, session: aiohttp.ClientResponse, fragment: str, if_match: str
    ) -> aiohttp.ClientResponse:
        headers = {"Content-Type": FRAGMENT, "If-Match": if_match}
        return await self.send("PATCH", session.headers["Location"], data=fragment, headers=headers)


@pytest.fixture
async def program(world: World) -> AsyncIterator[Program]:
    async with aiohttp.ClientSession() as http:
        yield Program(world, http, world.token())


@DOORS
async def test_a_post_is_created_with_location_etag_and_answer(program: Program, door: str) -> None:
    response, answer = await program.post(door)
    assert response.status == 201
    assert response.headers["Content-Type"] == "application/sdp"
    assert response.headers["Location"].startswith(f"/{door}/command/")
    assert response.headers["ETag"].startswith('"')
    assert response.headers["Accept-Patch"] == FRAGMENT
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Location" in response.headers["Access-Control-Expose-Headers"]
    assert answer.startswith("v=0")


async def test_a_publisher_in_an_open_room_is_heard_and_a_listener_hears(
    world: World, program: Program
) -> None:
    await program.post("whip")
    await program.post("whep")
    await until(lambda: len(world.media.open_gates(RoomId("command"))) >= 1)
    await until(lambda: len(world.media.hearers(RoomId("command"))) == 2)
    async with world.page() as page:
        room = (await page.join("command"))["room"]
        assert sorted(one["kind"] for one in room["members"]) == ["browser", "whep", "whip"]


@DOORS
async def test_a_delete_ends_the_session_and_its_leg(world: World, program: Program, door: str) -> None:
    response, _ = await program.post(door)
    location = response.headers["Location"]
    assert (await program.send("DELETE", location)).status == 200
    assert world.counter("publications") == 0
    assert len(world.hub.legs) == 0
    assert (await program.send("DELETE", location)).status == 404


@DOORS
async def test_trickled_candidates_are_taken(program: Program, door: str) -> None:
    response, _ = await program.post(door)
    for tag in (response.headers["ETag"], "*"):
        patched = await program.send(
            "PATCH",
            response.headers["Location"],
            data=TRICKLE,
            headers={"Content-Type": FRAGMENT, "If-Match": tag},
        )
        assert patched.status == 204
        assert "ETag" not in patched.headers
        assert await patched.text() == ""


@DOORS
async def test_new_credentials_restart_ice_and_are_answered_with_ours_under_a_new_etag(
    world: World, program: Program, door: str
) -> None:
    response, answer = await program.post(door)
    first = response.headers["ETag"]
    patched = await program.patch(response, RESTART, "*")
    fragment = await patched.text()
    assert patched.status == 200, fragment
    assert patched.headers["Content-Type"] == FRAGMENT
    assert patched.headers["ETag"] not in (first, "")
    assert world.media.restarts == 1
    lines = fragment.splitlines()
    assert lines[:2] == ["a=ice-lite", "a=ice-ufrag:fake1"]
    assert "a=ice-ufrag:fake1" not in answer
    assert lines[lines.index("m=audio 9 RTP/AVP 0") + 1] == "a=mid:0"
    assert "v=0" not in lines
    assert world.counter("publications") == 1


async def test_after_a_restart_the_etag_before_it_is_old(program: Program) -> None:
    response, _ = await program.post("whip")
    first = response.headers["ETag"]
    second = (await program.patch(response, RESTART, first)).headers["ETag"]
    assert (await program.patch(response, RESTART, first)).status == 412
    assert (await program.patch(response, RESTART, second)).status == 204, "its candidates"
    assert (await program.patch(response, TRICKLE, second)).status == 412, "candidates from before it"
    assert (await program.patch(response, TRICKLE, "*")).status == 412, "they must not lead back"


async def test_of_two_restarts_at_once_that_name_the_same_etag_one_is_412(
    world: World, program: Program
) -> None:
    response, _ = await program.post("whip")
    other = RESTART.replace("ysXw", "abcd").replace("vw5LmwG4", "abcdefgh")
    answers = await asyncio.gather(
        *(program.patch(response, body, response.headers["ETag"]) for body in (RESTART, other))
    )
    assert sorted(answer.status for answer in answers) == [200, 412]
    assert world.media.restarts == 1


async def test_the_later_of_two_restarts_at_once_is_in_force(world: World, program: Program) -> None:
    response, _ = await program.post("whip")
    other = RESTART.replace("ysXw", "abcd").replace("vw5LmwG4", "abcdefgh")
    answers = await asyncio.gather(*(program.patch(response, body, "*") for body in (RESTART, other)))
    assert [answer.status for answer in answers] == [200, 200]
    assert len({answer.headers["ETag"] for answer in answers}) == 2
    assert world.media.restarts == 2


async def test_a_restart_that_the_plane_refuses_leaves_the_session_and_its_etag(
    world: World, program: Program
) -> None:
    response, _ = await program.post("whip")
    world.media.restart_refusal = "other lines"
    patched = await program.patch(response, RESTART, "*")
    assert patched.status == 422
    assert (await patched.json(content_type=None))["detail"] == "other lines"
    assert (await program.patch(response, TRICKLE, response.headers["ETag"])).status == 204
    assert world.counter("publications") == 1


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        pytest.param(TRICKLE, {"Content-Type": FRAGMENT}, 428, id="no-etag"),
        pytest.param(TRICKLE, {"Content-Type": FRAGMENT, "If-Match": '"old"'}, 412, id="old-etag"),
        pytest.param(TRICKLE, {"Content-Type": "application/sdp", "If-Match": "*"}, 415, id="type"),
        pytest.param(RESTART, {"Content-Type": FRAGMENT}, 428, id="restart-no-etag"),
        pytest.param(RESTART, {"Content-Type": FRAGMENT, "If-Match": '"old"'}, 412, id="restart-old-etag"),
        pytest.param(NEW_UFRAG, {"Content-Type": FRAGMENT, "If-Match": "*"}, 422, id="new-ufrag-only"),
        pytest.param(SHORT_PASSWORD, {"Content-Type": FRAGMENT, "If-Match": "*"}, 400, id="short-password"),
        pytest.param(LONG, {"Content-Type": FRAGMENT, "If-Match": "*"}, 413, id="long"),
        pytest.param("nonsense", {"Content-Type": FRAGMENT, "If-Match": "*"}, 400, id="malformed"),
        pytest.param("", {"Content-Type": FRAGMENT, "If-Match": "*"}, 400, id="empty"),
    ],
)
async def test_other_patches_are_refused_and_the_session_stays(
    world: World, program: Program, body: str, headers: dict[str, str], status: int
) -> None:
    response, _ = await program.post("whip")
    patched = await program.send("PATCH", response.headers["Location"], data=body, headers=headers)
    assert patched.status == status
    assert patched.content_type == "application/problem+json"
    assert world.counter("publications") == 1


@DOORS
async def test_a_session_ends_when_its_media_is_lost(world: World, program: Program, door: str) -> None:
    await program.post(door)
    leg = world.hub.legs.all()[0]
    await until(lambda: leg in world.media.hearers(RoomId("command")))
    world.media.fail(LegId(leg), "consent")
    await until(lambda: world.counter("publications") == 0)
    assert len(world.hub.legs) == 0


async def test_a_session_ends_when_its_token_does(world: World, program: Program) -> None:
    program.token = world.token(ttl_s=0.2)
    response, _ = await program.post("whep")
    assert response.status == 201
    await until(lambda: world.counter("publications") == 0)


@pytest.mark.parametrize(
    ("door", "room", "offer", "status", "code"),
    [
        ("whip", "nowhere", None, 404, "unknown_room"),
        ("whip", "command", "hello", 400, "bad_offer"),
        ("whip", "command", HEAD, 422, "bad_offer"),
        ("whip", "command", HEAD + audio("recvonly"), 422, "bad_offer"),
        ("whip", "command", HEAD + audio("sendonly") + audio("sendonly"), 422, "bad_offer"),
        ("whip", "command", HEAD + audio("sendonly") + video() + video(), 422, "bad_offer"),
        ("whip", "command", HEAD + audio("sendonly") + video(direction="recvonly"), 422, "bad_offer"),
        ("whep", "command", HEAD + audio("sendonly"), 422, "bad_offer"),
        ("whep", "command", HEAD + video(), 422, "bad_offer"),
        ("whep", "command", HEAD + audio("recvonly").replace(ICE, ""), 422, "bad_offer"),
        ("whep", "command", HEAD + "m=audio\r\n", 400, "bad_offer"),
    ],
)
async def test_an_offer_that_cannot_be_is_refused_with_a_problem(
    program: Program, door: str, room: str, offer: str | None, status: int, code: str
) -> None:
    response, text = await program.post(door, room, offer)
    assert response.status == status, text
    assert response.content_type == "application/problem+json"
    problem = await response.json(content_type=None)
    assert problem["code"] == code
    assert problem["detail"]
    assert program.world.counter("publications") == 0


async def test_a_player_that_offers_video_too_gets_a_slot_for_it(program: Program) -> None:
    response, answer = await program.post("whep", offer=HEAD + audio("recvonly") + video())
    assert response.status == 201
    assert "m=video 9" in answer


@pytest.mark.parametrize("sound", ["", audio("sendonly")])
async def test_a_publication_with_a_picture_is_seen_once_its_media_is_up(
    world: World, program: Program, sound: str
) -> None:
    program.token = world.token(Verb.TALK, Verb.VIDEO)
    picture = video(extra=ICE, direction="sendonly")
    response, answer = await program.post("whip", offer=HEAD + sound + picture)
    assert response.status == 201, answer
    leg = world.hub.legs.all()[0]
    await until(lambda: world.media.shown(RoomId("command")) == {(leg, VideoKind.CAMERA)})
    await program.send("DELETE", response.headers["Location"])
    await until(lambda: world.media.shown(RoomId("command")) == set())


@pytest.mark.parametrize(("verb", "sound", "says"), [(Verb.TALK, True, "video"), (Verb.VIDEO, True, "talk")])
async def test_a_publication_needs_the_right_for_each_of_its_tracks(
    world: World, program: Program, verb: Verb, *, sound: bool, says: str
) -> None:
    program.token = world.token(verb)
    offer = HEAD + (audio("sendonly") if sound else "") + video(direction="sendonly")
    response, _ = await program.post("whip", offer=offer)
    assert response.status == 403
    assert says in (await response.json(content_type=None))["detail"]


async def test_a_rejected_video_line_does_not_spoil_a_publication(program: Program) -> None:
    response, _ = await program.post("whip", offer=HEAD + audio("sendonly") + video(0))
    assert response.status == 201


async def test_a_full_room_answers_503_with_retry_after(program: Program) -> None:
    assert (await program.post("whep", "small"))[0].status == 201
    response, _ = await program.post("whep", "small")
    assert response.status == 503
    assert response.headers["Retry-After"] == "5"


@DOORS
@pytest.mark.parametrize("header", [None, "Basic YTpi", "Bearer", "Bearer forged", "Bearer " + "x" * 5000])
async def test_without_a_good_bearer_every_request_is_401(
    world: World, program: Program, door: str, header: str | None
) -> None:
    response, _ = await program.post(door)
    for method, path in (
        ("POST", f"{door}/command"),
        ("DELETE", response.headers["Location"]),
        ("PATCH", response.headers["Location"]),
    ):
        headers = {"Content-Type": "application/sdp"} | ({"Authorization": header} if header else {})
        refused = await program.http.request(
            method, world.url + path.lstrip("/"), data=OFFERS[door], headers=headers
        )
        assert refused.status == 401
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert world.counter("publications") == 1


async def test_another_persons_bearer_does_not_find_the_session(world: World, program: Program) -> None:
    response, _ = await program.post("whip")
    program.token = world.token(subject="eve")
    assert (await program.send("DELETE", response.headers["Location"])).status == 404
    assert world.counter("publications") == 1


@pytest.mark.parametrize(("door", "verb"), [("whip", Verb.LISTEN), ("whep", Verb.TALK)])
async def test_a_token_without_the_right_is_403(
    world: World, program: Program, door: str, verb: Verb
) -> None:
    program.token = world.token(verb)
    response, _ = await program.post(door)
    assert response.status == 403


@DOORS
async def test_the_wrong_media_type_is_415(program: Program, door: str) -> None:
    response = await program.send(
        "POST", f"{door}/command", data="{}", headers={"Content-Type": "application/json"}
    )
    assert response.status == 415


@DOORS
async def test_a_client_that_takes_no_sdp_is_told_406(program: Program, door: str) -> None:
    response = await program.send(
        "POST",
        f"{door}/command",
        data=OFFERS[door],
        headers={"Content-Type": "application/sdp", "Accept": "text/html"},
    )
    assert response.status == 406


@DOORS
async def test_other_methods_are_405_with_allow(program: Program, door: str) -> None:
    response = await program.send("PUT", f"{door}/command", data="")
    assert response.status == 405
    assert "POST" in response.headers["Allow"]


@DOORS
async def test_a_preflight_needs_no_bearer_and_names_what_is_allowed(world: World, door: str) -> None:
    async with aiohttp.ClientSession() as http:
        response = await http.options(
            f"{world.url}{door}/command",
            headers={
                "Origin": "https://any.example",
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization,content-type",
            },
        )
    assert response.status == 200
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "PATCH" in response.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in response.headers["Access-Control-Allow-Headers"]
    assert response.headers["Accept-Post"] == "application/sdp"


async def test_head_tells_players_what_this_door_is(program: Program) -> None:
    response = await program.send("HEAD", "whep/command")
    assert response.status == 200
    assert response.headers["Content-Type"] == "application/sdp"


async def test_configured_ice_servers_are_linked(tmp_path: Path) -> None:
    servers = ("stun:stun.example.net", "stun:stun2.example.net:3478")
    async with running(tmp_path, WebConfig(ice_servers=servers)) as world, aiohttp.ClientSession() as http:
        response, _ = await Program(world, http, world.token()).post("whep")
        links = response.headers.getall("Link")
    assert links == [f'<{url}>; rel="ice-server"' for url in servers]


async def test_one_publication_more_than_allowed_is_503(tmp_path: Path) -> None:
    async with running(tmp_path, WebConfig(publications_max=1)) as world, aiohttp.ClientSession() as http:
        program = Program(world, http, world.token())
        assert (await program.post("whep"))[0].status == 201
        assert (await program.post("whep"))[0].status == 503


async def test_a_body_beyond_the_limit_is_413(tmp_path: Path) -> None:
    async with running(tmp_path, WebConfig(body_bytes_max=1000)) as world, aiohttp.ClientSession() as http:
        response, _ = await Program(world, http, world.token()).post("whep", offer="v=0" + "x" * 2000)
        assert response.status == 413


async def test_a_body_that_does_not_come_is_408(tmp_path: Path) -> None:
    async with running(tmp_path, WebConfig(body_timeout_s=0.1)) as world:
        host, port = world.url.removeprefix("http://").rstrip("/").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            f"POST /whep/command HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {world.token()}\r\n"
            "Content-Type: application/sdp\r\nContent-Length: 100\r\n\r\nv=0".encode()
        )
        async with asyncio.timeout(5):
            assert b"408" in await reader.readline()
        writer.close()
