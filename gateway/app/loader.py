"""Finds the adapters that are installed: entry points of the group ``gateway.adapters``.

The gateway knows no adapter by name. One whose package cannot be imported is left out and logged; the
others run.
"""

from importlib.metadata import entry_points

import structlog

from gateway.ports.adapter import Adapter

GROUP = "gateway.adapters"
_log = structlog.get_logger("loader")


def installed_adapters() -> dict[str, type[Adapter]]:
    """Adapter class by name, in the order of the names."""
    found: dict[str, type[Adapter]] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            adapter = point.load()
        except Exception:  # noqa: BLE001 - a broken package must not stop the others
            _log.exception("an adapter cannot be loaded and is left out", adapter=point.name)
        else:
            found[point.name] = adapter
    return found
