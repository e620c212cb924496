"""Draws races: as pixels, as vectors, and sweeps as charts."""
