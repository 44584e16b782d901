"""Durations as people type them."""

import re

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_FORM = re.compile(r"(\d{1,9})([smhd])")


def parse_duration_s(text: str) -> float:
    """Seconds of ``90s``, ``30m``, ``12h`` or ``7d``. Raises ValueError."""
    form = _FORM.fullmatch(text.strip())
    if form is None or int(form[1]) == 0:
        raise ValueError(f"found {text!r}, expected a time such as 90s, 30m, 12h or 7d")
    return float(int(form[1]) * _UNITS_S[form[2]])
