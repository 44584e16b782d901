"""Programs of other makes that judge the doors: what they send is numbered, what they play is recorded.

WHIP and WHEP: ``aiortc_peer`` is Python's aiortc; ``gstreamer_peer`` drives GStreamer's webrtcbin, which runs
in a process of the system's own Python (``gstreamer_program``). Both offer over ``exchange``.

SIP: ``pjsua_peer`` drives the pjsua2 phone in a child process (``pjsua_program``), ``linphone_peer`` the
console of linphone; ``sipp_callee`` is SIPp as a phone that refuses, ``kamailio_peer`` a PBX.
"""
