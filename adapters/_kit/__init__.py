"""Mechanics that adapters share. Nothing here knows a network."""
