"""Differentiable augmentations of what a discriminator sees, real and generated alike, each image by its own key."""

from gan_jax.data.augment.adaptive import ada, apa
from gan_jax.data.augment.diffaugment import colour, cutout, diffaugment, translate
from gan_jax.data.augment.pipeline import bgc

__all__ = ["ada", "apa", "bgc", "colour", "cutout", "diffaugment", "translate"]
