"""The demo world, ``make run``: a gateway with people, a desk phone and a radio in its rooms.

A program beside the product (docs/adr/0027): it starts the gateway as a person does, and everybody in it
comes through the same doors as everybody else, on loopback, with secrets made anew at each start. Who is
sent out of a room comes back to it (``homing``).

Reading order: ``setting`` (rooms, numbers, names; the gateway's file), ``world`` (the order of starting and
ending), ``desk_phone``, ``responder`` (with ``tracks`` and ``scene``, what its camera sees), ``radio_site``.
``folder`` is the data directory, ``leash`` what ties processes to this one, ``sounds`` what is said.
``tally`` counts what was heard of numbered voices.
"""
