"""However a run ends, it ends in time."""

import asyncio
import faulthandler
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.app.serve import STOP_WITHIN_S, serve
from gateway.ports.hub import Hub
from tests.unit.app.values import config, eventually


class OpenDoor:
    """An adapter that has nothing to do."""

    name = "door"
    config_type: type = object
    ready = True

    async def run(self, hub: Hub) -> None:  # noqa: ARG002 - the protocol's
        await asyncio.Event().wait()


async def test_a_run_that_is_cancelled_has_a_limit_for_its_end_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[float] = []
    monkeypatch.setattr(faulthandler, "dump_traceback_later", lambda limit, **_: limits.append(limit))
    settings = config(tmp_path)
    settings = replace(settings, media=replace(settings.media, port=0))
    lines: list[str] = []
    run = asyncio.create_task(serve(settings, {"door": OpenDoor}, lines.append))
    await eventually(lambda: bool(lines) or run.done())
    assert limits == []
    run.cancel()
    await asyncio.wait([run], timeout=10)
    assert limits == [STOP_WITHIN_S]
