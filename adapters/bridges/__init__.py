"""``crosspatch bridge``: the program at a radio site, between a radio and the broker.

Reading order: ``radio`` (what a radio is to a bridge), ``site`` (the bridge's life: brokers, session, clean
stop), ``channel`` (one radio channel: the fence's actions out, its facts in), ``reception`` (what the radio
hears), ``mqtt`` (one connection), ``brokers`` (where to connect), ``transmitter`` and ``ptt_watchdog`` (the
PTT output in a process of its own), ``simulated`` (a radio without one). A bridge is its own process and no
part of the hub: Python carries frames here, 50 a second and channel.
"""
