"""Feature extractors: one module each, whose `make` returns a `Features`."""

from gan_jax.metrics.features.base import Features as Features
