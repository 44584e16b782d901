"""When a half-duplex radio transmits an open room: keyed by voices, never for long, never into an echo.

In a talkgroup the floor says who is transmitted. In a conference nobody asks, so voice keys, with the rules
of radio.md section 2 (c, e, g): not while the radio receives, nor in the moment after it (the far end still
hears itself); for ten seconds at most, then a pause in which somebody on the air can break in. Pure.
"""

from dataclasses import dataclass, replace

ON_S = 10.0
"""Longest transmission; then there is a pause."""
BREAK_S = 2.0
HANG_S = 0.5
"""Voices may pause so long without unkeying."""
AFTER_RX_S = 0.25
"""After the carrier closed; the round trip to the bridge comes on top."""


@dataclass(frozen=True, slots=True)
class Vox:
    """The gate's state; ``keyed`` is its answer."""

    voices: bool = False
    carrier: bool = False
    keyed_since: float | None = None
    quiet_since: float | None = None
    """While keyed: since when no voice was heard."""
    blocked_until: float = 0.0

    @property
    def keyed(self) -> bool:
        return self.keyed_since is not None

    @property
    def deadline(self) -> float | None:
        """When ``update`` is wanted although nothing changed."""
        if self.keyed_since is not None:
            limit = self.keyed_since + ON_S
            return limit if self.quiet_since is None else min(limit, self.quiet_since + HANG_S)
        return self.blocked_until if self.voices and not self.carrier else None


def update(vox: Vox, now: float, *, voices: bool, carrier: bool, round_trip_s: float = 0.0) -> Vox:
    """What is heard now. ``voices``: somebody but this radio talks; ``carrier``: the radio receives."""
    if vox.carrier and not carrier:
        vox = replace(vox, blocked_until=max(vox.blocked_until, now + AFTER_RX_S + round_trip_s))
    vox = replace(vox, voices=voices, carrier=carrier)
    if vox.keyed_since is None:
        free = voices and not carrier and now >= vox.blocked_until
        return replace(vox, keyed_since=now, quiet_since=None) if free else vox
    quiet_since = None if voices else (now if vox.quiet_since is None else vox.quiet_since)
    if carrier or (quiet_since is not None and now >= quiet_since + HANG_S):
        return replace(vox, keyed_since=None, quiet_since=None)
    if now >= vox.keyed_since + ON_S:
        return replace(vox, keyed_since=None, quiet_since=None, blocked_until=now + BREAK_S)
    return replace(vox, quiet_since=quiet_since)
