"""A simulated telephone that speaks the real wire: SIP over UDP, TCP or TLS, and RTP with G.711.

``message`` and ``digest`` are SIP's text, ``wire`` its sockets, ``phone`` a user agent with its
transactions and registration, ``call`` one dialog, ``sound`` its RTP: the numbered signal up, what was
heard down, keys as telephone-event. It shares no code with the gateway.
"""

from sim.phone.call import Call, CallEnded, Refused
from sim.phone.phone import Phone

__all__ = ["Call", "CallEnded", "Phone", "Refused"]
