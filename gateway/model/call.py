"""Calls that a room makes to a number: how they go, told to the room."""

from enum import StrEnum


class CallState(StrEnum):
    """Where a call out is. Stable codes; the words for people live in the pages, by code."""

    DIALLING = "dialling"
    RINGING = "ringing"
    ANSWERED = "answered"
    """Its phone is a member of the room from now on."""
    BUSY = "busy"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    """It rang, and nobody picked up."""
    CANCELLED = "cancelled"
    UNREACHABLE = "unreachable"
    """No phone of that number is registered, or none responds."""
    NOT_ALLOWED = "not_allowed"
    """No such number, or none that may be called from here."""
    FAILED = "failed"
    """Anything else: nothing in common to speak, or a full room."""

    @property
    def over(self) -> bool:
        """Nothing more is told of this call."""
        return self not in (CallState.DIALLING, CallState.RINGING)
