"""The other side of the races: the same networks, games and training step in PyTorch.

This package needs no jax. What it is told are the sections of `families.py`, from which our side is made too.
"""
