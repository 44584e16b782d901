"""The floor of one room: who holds the right to talk, who waits for it, and when it is taken away.

Theory of operation (words and defaults of 3GPP TS 24.380, clause 6.3.4, the part that one talkgroup
needs). There is one machine a room, as the standard keeps one general floor control machine a call::

    CLOSED     the room is open (conference): no floor, a request is denied with no_floor
    IDLE       "G: Floor Idle": nobody talks, the next request is granted
    TAKEN      "G: Floor Taken": somebody talks; when as many talk as may (one, unless the room says more),
               another request waits, takes over, or is denied (``judge``)

"G: pending Floor Revoke" is a state of a turn, not of the floor: of several talkers one may be finishing its
sentence (T3) while another goes on.

The carrier of a radio is no request: who talks on the air talks already. It takes a free place, and the place
of anybody but another radio; ``core/carrier`` decides when a carrier counts. It has no grace and no warning,
for nobody can tell it.

Who was served from the queue may have gone for a coffee: unless it is heard within ``unheard_ms``, the next
is served. Whoever presses the key on an idle floor is let think for as long as T2.

Three clocks run in a talkspurt: the warning, T2 ("stop talking") and T3 (the grace). The end of T3 is armed
in the media core at the grant, so that a stopped Python cannot hold the floor open. Whichever is first wins;
the other names a talkspurt that has ended and is discarded. Pre-emption has no grace: who takes over is heard
at once, and who was cut is told (adr/0034).

Two rules keep this readable: every change of state is in ``TRANSITIONS``, and the pairs in ``DISCARDED`` are
the only ones that may come without having an effect. Who may ask at all is decided before (``policy``); a
request that reaches this package is allowed.

    state     what a floor is          inputs   what can happen to it
    judge     who waits, who takes over    queue   who waits, in which order
    talk      the reactions                table   which reaction when
"""

from gateway.core.floor.inputs import (
    Cancel,
    CarrierOff,
    CarrierOn,
    Closed,
    Due,
    FloorInput,
    Heard,
    LegGone,
    LimitHit,
    Opened,
    Release,
    Request,
    Serve,
)
from gateway.core.floor.state import T2_DEFAULT_MS, Floor, FloorState, Turn, Waiting
from gateway.core.floor.table import DISCARDED, TRANSITIONS, step

__all__ = [
    "DISCARDED",
    "T2_DEFAULT_MS",
    "TRANSITIONS",
    "Cancel",
    "CarrierOff",
    "CarrierOn",
    "Closed",
    "Due",
    "Floor",
    "FloorInput",
    "FloorState",
    "Heard",
    "LegGone",
    "LimitHit",
    "Opened",
    "Release",
    "Request",
    "Serve",
    "Turn",
    "Waiting",
    "step",
]
