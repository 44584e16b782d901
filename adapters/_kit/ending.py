"""Whether the running task was told to end."""

import asyncio


def told_to_end() -> bool:
    """True after a cancellation, also one that was swallowed on its way.

    ``asyncio.wait_for`` of Python 3.11 loses a cancellation that meets the end of what it waits for; a loop
    around a library that uses it (aiomqtt's ``publish``) asks here before each turn.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
