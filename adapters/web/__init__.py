"""The web adapter: pages, ``/ws`` sessions, WHIP, WHEP and the doors of operators, on one HTTP port.

Reading order: ``adapter`` (life cycle), ``server`` (all doors), then by door ``ws`` -> ``sessions`` ->
``session`` -> ``inbox`` -> ``commands``; ``whip``, ``whep`` -> ``sdp_door`` -> ``publication``; ``pages``;
``operations``. ``translate`` is the only place where wire and model meet; ``limits`` says how much a
peer may ask. The protocol of ``/ws`` is docs/protocol/console-v1.md.
"""

from adapters.web.adapter import WebAdapter

__all__ = ["WebAdapter"]
