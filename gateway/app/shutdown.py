"""Taking a hub down: the steps, in their order, each bounded in time.

1. *stop accepting*   no new leg; doors stay open to say goodbye
2. *release floors*   the core loses every leg: gates shut, floors idle, all of it recorded
3. *end legs*         adapters are told, so that they can tell their peers
4. *close doors*      adapters end
5. *stop media*       media threads end
6. *close core*       the queue is worked off, no further input
7. *flush log*        spool on the disk, the store fed once more
8. *close log*        files closed

A step that fails or takes too long is logged and the next one runs: nothing may keep the log from
reaching the disk.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

_log = structlog.get_logger("shutdown")

STEP_LIMIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Step:
    """One step by the name it has above."""

    name: str
    run: Callable[[], Awaitable[None]]


async def run_steps(steps: Sequence[Step], limit_s: float = STEP_LIMIT_S) -> list[str]:
    """Run all in order; returns the names of those that failed."""
    failed: list[str] = []
    for step in steps:
        try:
            async with asyncio.timeout(limit_s):
                await step.run()
        except Exception:  # noqa: BLE001 - the next step must run
            _log.exception("a step of the shutdown failed", step=step.name)
            failed.append(step.name)
        else:
            _log.debug("shutdown", step=step.name)
    return failed
