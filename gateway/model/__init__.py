"""Frozen values, standard library only. One noun a file."""
