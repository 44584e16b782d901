"""WebSocket close codes (RFC 6455 section 7.4) of every ByeCode.

A client that lost the last ``bye`` still learns from the close code whether to come back.
"""

from gateway.wire.server import ByeCode

CLOSE_CODES: dict[ByeCode, int] = {
    ByeCode.INVALID: 1008,  # policy violation: do not repeat what you sent
    ByeCode.NOT_ALLOWED: 4001,
    ByeCode.EXPIRED: 4002,
    ByeCode.TOO_MANY: 1013,  # try again later (IANA registry)
    ByeCode.REPLACED: 4003,
    ByeCode.SILENT: 4004,
    ByeCode.SLOW: 4005,
    ByeCode.ENDED: 4006,
    ByeCode.REMOVED: 4007,
    ByeCode.GOODBYE: 1000,
    ByeCode.SHUTDOWN: 1012,  # service restart (IANA registry)
    ByeCode.INTERNAL: 1011,
}

RESUMABLE = frozenset({ByeCode.SILENT, ByeCode.SLOW, ByeCode.INTERNAL})
"""After these the session is held for ``resume_hold_ms``: say hello with ``resume``."""
