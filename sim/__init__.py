"""Simulated phones, bridges, browsers and worlds: they speak the real wire; product code with docs."""
