"""The radio door's endpoints for stories: a fake hub, the real bridge process, a way that can be held.

``hub`` speaks the hub's side of the contract with an MQTT client and msgpack of its own, ``hub_program`` is
the same as a process that can be stopped and killed, ``site`` runs ``crosspatch bridge`` with its simulated
radio, ``relay`` stands between a bridge and its broker, ``judge`` says what went on the air and how old it
was.
"""
