"""Feature extractors: one module each, whose `make` returns a `Features`."""

from gan_jax.features.base import Features as Features
