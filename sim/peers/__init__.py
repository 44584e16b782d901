"""WHIP and WHEP clients of other makes: what they send is numbered, what they play is recorded.

``aiortc_peer`` is Python's aiortc; ``gstreamer_peer`` drives GStreamer's webrtcbin, which runs in a process
of the system's own Python (``gstreamer_program``). Both offer over ``exchange``.
"""
