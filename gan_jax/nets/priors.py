"""What latents are drawn from, where it is learned: mixtures of Gaussians, for `vae.VAE`."""

from typing import Annotated

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.bounds import Bounds
from gan_jax.errors import InputError
from gan_jax.nets.checks import Label, check_label
from gan_jax.nets.layers import Embed

Components = Annotated[int, Bounds(2)]
Parts = tuple[Float[Array, "*batch components"], Float[Array, "components *latent"], Float[Array, "components *latent"]]


class Mixture(nn.Module):
    """Gaussians with means and variances of their own, and with weights of each class, all learned."""

    num_classes: int = 0
    components: Components = 50

    @nn.compact
    def __call__(self, encoder: nn.Module, latent_shape: tuple[int, ...], label: Label, *, train: bool) -> Parts:
        """Log-weights that sum to one, of each example where it has a class; means and log-variances.

        The encoder is not asked.
        """
        del encoder
        if self.num_classes:
            check_label(label, self.num_classes)
            table = Embed(self.components, num_classes=self.num_classes, initializer="zeros", name="logits")
            logits = table(label, train=train)
        else:
            logits = self.param("logits", nn.initializers.zeros, (self.components,))
        means = self.param("means", nn.initializers.normal(1.0), (self.components, *latent_shape))
        log_variances = self.param("log_variances", nn.initializers.zeros, means.shape)
        return jax.nn.log_softmax(logits), means, log_variances


class Vamp(nn.Module):
    """VampPrior (Tomczak & Welling 2018): the posteriors of pseudo-images that are learned, each with the same weight.

    The pseudo-images are tanh of what is learned, and begin as noise about grey.
    """

    image_shape: tuple[int, ...]
    num_classes: int = 0
    components: Components = 50

    @nn.compact
    def __call__(self, encoder: nn.Module, latent_shape: tuple[int, ...], label: Label, *, train: bool) -> Parts:
        """Log-weights that sum to one, means and log-variances."""
        if self.num_classes:
            raise InputError("priors.Vamp: a pseudo-image has no class; take priors.Mixture, or conditional=False.")
        free = self.param("images", nn.initializers.normal(0.5), (self.components, *self.image_shape))
        means, log_variances = encoder(jnp.tanh(free), None, train=train)
        return jnp.full(self.components, -jnp.log(self.components)), means, log_variances
