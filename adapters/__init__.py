"""Adapters: one folder a network, the same file names in each. No adapter knows another."""
