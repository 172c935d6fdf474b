"""Functional JAX/Flax training of GANs and VAEs."""
