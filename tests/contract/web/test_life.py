"""The adapter's life: ready when the doors are open, gone when cancelled, able to start again."""

from pathlib import Path

import aiohttp
import pytest

from adapters.web import WebAdapter
from adapters.web.config import WebConfig
from gateway.app.config import HttpConfig
from gateway.app.loader import installed_adapters
from gateway.ports.adapter import Adapter, Addressed
from tests.contract.web.world import World, running


def test_it_is_found_by_its_entry_point_and_keeps_the_adapters_contract() -> None:
    assert installed_adapters()["web"] is WebAdapter
    adapter: Adapter = WebAdapter()
    assert isinstance(adapter, Addressed)
    assert (adapter.name, adapter.config_type) == ("web", WebConfig)
    assert (adapter.ready, adapter.address) == (False, "")


async def test_the_address_names_the_port_that_was_bound(world: World) -> None:
    assert world.adapter.ready
    assert world.adapter.address.startswith("http://127.0.0.1:")
    assert not world.adapter.address.endswith(":0/")


async def test_cancelled_it_closes_its_doors(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        url = world.url
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.ClientConnectorError):
            await http.get(url)


async def test_the_same_port_can_be_opened_again_at_once(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        port = int(world.url.rstrip("/").rpartition(":")[2])
        async with world.page() as page:
            await page.join()
    async with running(tmp_path / "2", http=HttpConfig(port=port)) as world, world.page() as page:
        assert (await page.ask("ping"))["ok"]


async def test_it_listens_on_ipv6_too(tmp_path: Path) -> None:
    async with running(tmp_path, http=HttpConfig(listen="::1", port=0)) as world, world.page() as page:
        assert world.url.startswith("http://[::1]:")
        assert (await page.ask("ping"))["ok"]
