"""The radio contract v1, as far as Python speaks it: topics, delivery, and the messages that are not timed.

Reading order: ``topics`` (addresses and how each is delivered), ``names`` (closed sets of words), ``up``
and ``down`` (the messages), ``codec`` (bytes to messages, faults as values), ``limits``. The timed
messages (heartbeat, floor, rx, tx) are the native half's. Both ends import this package: the hub's adapter
and the programs at radio sites.
"""
