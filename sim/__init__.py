"""Simulated endpoints, signals and worlds: they speak the real wire and judge what comes back.

Product code with its own tests, but never part of the wheel: ``gateway`` must not import it.
"""
