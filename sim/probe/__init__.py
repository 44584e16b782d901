"""``crosspatch probe``: how long it takes from a press to a voice, between real clients of every kind.

``command`` is the command, ``needs`` says what is missing. ``stage`` has a gateway of its own and, in one
talkgroup, a talker and a listener of each kind: ``browser`` (``stopwatch.js`` runs in its pages), ``phone``,
``radio``; ``house`` watches the room as its members are told of it. ``rounds`` has them talk. Each talkspurt
is a ``Spurt``, what an ear got of it a ``Take`` (``take``); ``judge`` finds the one in the other, ``figures``
makes percentiles of many, ``targets`` says what is wanted, ``table`` prints.
The method is told in docs/reference/probe.md.
"""
