"""Pages, operations, and how the listener treats connections that are up to no good."""

import asyncio
import json
import socket
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from adapters.web.config import WebConfig
from adapters.web.operations import Operations
from adapters.web.pages import Pages
from gateway.app.config import HttpConfig
from tests.contract.web.world import World, running, until


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A front end as the build leaves it."""
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<!doctype html><title>responder</title>")
    (static / "console.html").write_text("<!doctype html><title>console</title>")
    (static / "assets" / "index-Ab12.js").write_text("export {}")
    (static / "favicon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("secret")
    return static


async def _pages(static: Path) -> TestClient[web.Request, web.Application]:
    app = web.Application()
    app.router.add_routes(Pages(static).routes())
    return TestClient(TestServer(app))


@pytest.mark.parametrize(
    ("path", "page"), [("/", "console"), ("/join/abc.def", "console"), ("/r/ops", "responder")]
)
async def test_every_page_address_gives_its_application_with_a_strict_policy(
    built: Path, path: str, page: str
) -> None:
    async with await _pages(built) as client:
        response = await client.get(path)
        assert response.status == 200
        assert f"<title>{page}</title>" in await response.text()
        assert response.headers["Cache-Control"] == "no-store"
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "microphone=(self)" in response.headers["Permissions-Policy"]


async def test_hashed_files_may_be_kept_for_ever_and_the_rest_is_asked_for(built: Path) -> None:
    async with await _pages(built) as client:
        asset = await client.get("/assets/index-Ab12.js")
        assert asset.content_type in ("text/javascript", "application/javascript")
        assert "immutable" in asset.headers["Cache-Control"]
        icon = await client.get("/favicon.svg")
        assert icon.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/assets/../../secret.txt", "/assets/..%2f..%2fsecret.txt", "/.env", "/assets/none.js"]
)
async def test_nothing_outside_the_built_files_can_be_named(built: Path, path: str) -> None:
    async with await _pages(built) as client:
        response = await client.get(path)
        assert response.status == 404


async def test_a_page_that_was_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    async with await _pages(tmp_path) as client:
        response = await client.get("/")
        assert response.status == 503
        assert "make setup" in await response.text()


async def test_operations_answer_on_loopback(world: World) -> None:
    async with aiohttp.ClientSession() as http:
        assert await (await http.get(world.url + "healthz")).text() == "alive\n"
        assert "crosspatch_web_connections_total" in await (await http.get(world.url + "metrics")).text()
        assert "ready" in await (await http.get(world.url + "readyz")).json()


@pytest.mark.parametrize("door", ["healthz", "readyz", "metrics"])
async def test_operations_are_closed_to_addresses_that_are_not_listed(tmp_path: Path, door: str) -> None:
    limits = WebConfig(operations_from=("192.0.2.0/24",))
    async with running(tmp_path, limits) as world, aiohttp.ClientSession() as http:
        assert (await http.get(world.url + door)).status == 403


async def test_behind_the_named_proxy_the_forwarded_address_counts(tmp_path: Path) -> None:
    http_config = HttpConfig(port=0, proxy="127.0.0.1")
    limits = WebConfig(operations_from=("192.0.2.0/24",))
    async with running(tmp_path, limits, http_config) as world, aiohttp.ClientSession() as http:
        url = world.url + "healthz"
        good = await http.get(url, headers={"X-Forwarded-For": "10.1.1.1, 192.0.2.7"})
        forged = await http.get(url, headers={"X-Forwarded-For": "192.0.2.7, 10.1.1.1"})
        assert (good.status, forged.status) == (200, 403)


async def test_one_missing_part_makes_the_gateway_unready_but_not_the_store() -> None:
    up = {"media": True, "store": True}

    class Half:
        def ready(self) -> dict[str, bool]:
            return up

    app = web.Application()
    app.router.add_routes(Operations(Half(), ("127.0.0.0/8",), "").routes())  # type: ignore[arg-type]
    async with TestClient(TestServer(app)) as client:
        up["store"] = False
        assert (await client.get("/readyz")).status == 200
        up["media"] = False
        response = await client.get("/readyz")
        assert response.status == 503
        assert (await response.json())["parts"] == up


async def _connect(world: World) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = world.url.removeprefix("http://").rstrip("/").split(":")
    return await asyncio.open_connection(host, int(port))


async def test_a_head_that_drips_is_cut_off_in_time(tmp_path: Path) -> None:
    async with running(tmp_path, WebConfig(header_timeout_s=0.2)) as world:
        reader, writer = await _connect(world)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")

        async def drip() -> None:
            while True:
                writer.write(b"X-More: 1\r\n")
                await asyncio.sleep(0.02)

        dripping = asyncio.create_task(drip())
        async with asyncio.timeout(5):
            assert b"200" not in await reader.read()
        dripping.cancel()
        writer.close()


async def test_one_connection_more_than_an_address_may_have_is_closed(tmp_path: Path) -> None:
    async with running(tmp_path, WebConfig(connections_per_address=2)) as world:
        kept = [await _connect(world) for _ in range(2)]
        await until(lambda: world.counter("connections") == 2)
        reader, writer = await _connect(world)
        async with asyncio.timeout(5):
            with suppress(ConnectionResetError):
                assert await reader.read() == b""
        writer.close()
        kept[0][1].close()
        await until(lambda: world.counter("connections") == 1)
        async with aiohttp.ClientSession() as http:
            assert (await http.get(world.url + "healthz")).status == 200
        kept[1][1].close()


async def test_connections_that_come_too_fast_are_closed(tmp_path: Path) -> None:
    async with running(tmp_path, WebConfig(connects_per_s=0.001, connects_burst=3)) as world:
        streams = [await _connect(world) for _ in range(6)]
        await until(lambda: world.counter("refused_connections_total") == 3)
        for _, writer in streams:
            writer.close()


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"G\x00T / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \x01secret\r\n\r\n",
        b"POST /whip/ops HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /whip/ops HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"H%d: x\r\n" % n for n in range(200)) + b"\r\n",
    ],
    ids=["tls", "version", "nul", "header-value", "length", "chunk", "long-line", "many-headers"],
)
async def test_what_is_no_http_is_answered_400_counted_and_logged_without_its_text(
    world: World, request_bytes: bytes
) -> None:
    with structlog.testing.capture_logs() as logged:
        for _ in range(2):
            reader, writer = await _connect(world)
            writer.write(request_bytes)
            async with asyncio.timeout(5):
                line = await reader.readline()
                rest = await reader.read()
            assert b" 40" in line or b" 41" in line or b" 43" in line or line == b""
            assert b"secret" not in rest
            writer.close()
    assert "secret" not in repr(logged)
    assert "Traceback" not in repr(logged)
    assert len([one for one in logged if one["event"] == "malformed request"]) <= 1
    async with aiohttp.ClientSession() as http:
        assert (await http.get(world.url + "healthz")).status == 200


async def test_an_address_in_use_is_an_error_that_names_it(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        in_use = pytest.RaisesExc(OSError, match=str(port))
        with pytest.RaisesGroup(in_use, flatten_subgroups=True):
            async with running(tmp_path, http=HttpConfig(port=port)):
                pass


async def test_a_joining_token_is_in_no_header_and_no_body(world: World) -> None:
    async with aiohttp.ClientSession() as http:
        response = await http.get(world.url + "join/the-secret-token")
        assert response.headers["Server"] == "crosspatch"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert "the-secret-token" not in json.dumps(dict(response.headers)) + await response.text()
