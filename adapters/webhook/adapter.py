"""The webhook adapter's life: a courier a target, fed with what rooms are told, until cancelled."""

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp

from adapters._kit.counters import Counters
from adapters._kit.reach import secrets_check
from adapters._kit.secret_file import read_secret
from adapters.webhook.config import WebhookConfig
from adapters.webhook.courier import COUNTERS, Courier
from adapters.webhook.envelope import told
from adapters.webhook.signature import key_of
from gateway.model.events import Event
from gateway.ports.checkup import Check, Door
from gateway.ports.hub import Hub

_WRITTEN_THERE = "webhook's secret"


class WebhookAdapter:
    """Implements gateway.ports.adapter.Adapter and gateway.ports.checkup.Examined."""

    name = "webhook"
    config_type: type = WebhookConfig

    def __init__(self) -> None:
        self._ready = False

    @property
    def ready(self) -> bool:
        """Every target has its courier, or there is none; whether one answers is its own business."""
        return self._ready

    def wanted_doors(self, config: Callable[[str], Any]) -> list[Door]:  # noqa: ARG002 - nothing comes in
        """None."""
        return []

    def checks(self, config: Callable[[str], Any], *, sign_in: bool) -> list[Check]:  # noqa: ARG002 - it signs in nowhere
        """Secrets."""
        files = [(target.secret_file, _WRITTEN_THERE) for target in config(self.name).targets]
        return [secrets_check("webhook secrets", files)] if files else []

    async def run(self, hub: Hub) -> None:
        """Serve until cancelled. Raises SecretUnusable, BadKey, OSError: what must be mended."""
        config: WebhookConfig = hub.config(self.name)
        counters = Counters(*COUNTERS)
        keys = [key_of(read_secret(target.secret_file, _WRITTEN_THERE)) for target in config.targets]
        timeout = aiohttp.ClientTimeout(total=config.timeout_s)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            couriers = [
                Courier(
                    target,
                    key,
                    session,
                    counters,
                    queue_len_max=config.queue_len_max,
                    keep_s=config.keep_s,
                )
                for target, key in zip(config.targets, keys, strict=True)
            ]
            counters.gauge("waiting", lambda: sum(len(courier) for courier in couriers))
            hub.gauge(self.name, counters.read)
            await self._serve(hub, couriers)

    async def _serve(self, hub: Hub, couriers: list[Courier]) -> None:
        def tell(event: Event) -> None:
            news = told(event)
            if news is not None:
                for courier in couriers:
                    courier.take(news)

        untap = hub.tap(tell) if couriers else _nothing
        try:
            async with asyncio.TaskGroup() as tasks:
                for courier in couriers:
                    tasks.create_task(courier.run(), name="webhook courier")
                self._ready = True
                await asyncio.Event().wait()
        finally:
            self._ready = False
            untap()


def _nothing() -> None:
    """Nobody listens."""
