"""Crosspatch gateway: the hub that joins phones, radios and browsers into rooms.

Map of the package (who may import whom is checked by tests/lint):

* ``model``  frozen values, standard library only: ids, rooms, inputs, effects
* ``core``   sans-IO machines: ``handle(input, now) -> effects``; no clock, no await
* ``ports``  the Protocols between core, shell and adapters
* ``wire``   the console protocol (msgspec Structs; the one source of schema and TypeScript)
* ``app``    the shell: single-writer loop, log and store, configuration, command line
* ``native`` the media plane over the Rust extension ``gateway._native``
"""
