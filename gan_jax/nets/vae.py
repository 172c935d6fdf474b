"""The halves of a variational auto-encoder, and the prior that it may learn, as one network."""

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.nets.checks import Label
from gan_jax.nets.priors import Parts

Latent = Float[Array, "batch *latent"]


class VAE(nn.Module):
    """An encoder q(z | x) and a decoder p(x | z) (Kingma & Welling 2014), trained as one player.

    `prior` is one of `nets.priors`; without one p(z) is the standard normal.
    """

    encoder: nn.Module  # image, label -> mean, log_variance
    decoder: nn.Module  # latent, label -> parameters of the likelihood
    prior: nn.Module | None = None  # encoder, shape of a latent, label -> log-weights, means, log-variances

    def encode(
        self, image: Float[Array, "batch *space channels"], label: Label = None, *, train: bool
    ) -> tuple[Latent, Latent]:
        """Mean and log-variance of the posterior."""
        return self.encoder(image, label, train=train)

    def decode(self, latent: Latent, label: Label = None, *, train: bool) -> Float[Array, "batch *space outputs"]:
        """Parameters of the likelihood."""
        return self.decoder(latent, label, train=train)

    def mixture(self, latent_shape: tuple[int, ...], label: Label = None, *, train: bool) -> Parts:
        """The prior as a mixture of Gaussians: log-weights, means and log-variances; of one, if it is standard."""
        if self.prior is None:
            zeros = jnp.zeros((1, *latent_shape))
            return jnp.zeros(1), zeros, zeros
        return self.prior(self.encoder, latent_shape, label, train=train)

    def __call__(
        self, image: Float[Array, "batch *space channels"], label: Label = None, *, train: bool
    ) -> Float[Array, "batch *space outputs"]:
        """Decodes the posterior's mean; the first call, which makes the parameters of all parts."""
        mean, _ = self.encode(image, label, train=train)
        self.mixture(mean.shape[1:], label, train=train)
        return self.decode(mean, label, train=train)
