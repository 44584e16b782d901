"""Protocols between the core's shell and the edges. Each file lists who implements it."""
