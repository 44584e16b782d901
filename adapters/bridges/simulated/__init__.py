"""A radio without a radio: receives what it is told to from files, writes what it transmits to files.

``radio`` is the adapter, ``reception`` plays one thing heard, ``air`` keeps what was transmitted, ``sound``
reads files, ``control`` takes orders on a unix socket. Half duplex: while keyed it hears nothing.
"""

from adapters.bridges.simulated.radio import SimulatedRadio

__all__ = ["SimulatedRadio"]
