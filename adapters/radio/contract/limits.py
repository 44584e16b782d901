"""Bounds of the contract's encoding rules; a message beyond one is not taken."""

CONTROL_BYTES_MAX = 4096
BIRTH_BYTES_MAX = 8192
KEY_CHARS_MAX = 16
"""Characters of a map key."""
STRING_CHARS_MAX = 64
TEXT_CHARS_MAX = 512
"""Characters of a free text; the only strings longer than ``STRING_CHARS_MAX``."""
DEPTH_MAX = 4
"""Maps and arrays that may lie inside one another, below the message's own map."""
CHANNELS_MAX = 16
"""Channels of one bridge."""
PRESETS_MAX = 64
"""Channels that one radio can be switched to."""
LIST_LEN_MAX = 32
"""Entries of any other list."""
BAD_PER_S_MAX = 10
"""Malformed messages a second that a bridge is forgiven; beyond them it is switched off."""
MESSAGES_PER_S_MAX = 320
"""Untimed messages of a bridge: a status ten times a second on each channel, and as many events."""
HELLOS_PER_S_MAX, HELLOS_MAX = 2, 20
"""States and births, which are said once a connection: so many a second, so many at once."""
REPEAT_S = 30.0
"""A command with the same correlation data within this time has no second effect."""
