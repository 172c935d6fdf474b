"""The two halves of a variational auto-encoder as one network."""

import flax.linen as nn
from jaxtyping import Array, Float

from gan_jax.nets.checks import Label


class VAE(nn.Module):
    """An encoder q(z | x) and a decoder p(x | z) (Kingma & Welling 2014), trained as one player."""

    encoder: nn.Module  # image, label -> mean, log_variance
    decoder: nn.Module  # latent, label -> parameters of the likelihood

    def encode(
        self, image: Float[Array, "batch height width channels"], label: Label = None, *, train: bool
    ) -> tuple[Float[Array, "batch latent"], Float[Array, "batch latent"]]:
        """Mean and log-variance of the posterior."""
        return self.encoder(image, label, train=train)

    def decode(
        self, latent: Float[Array, "batch latent"], label: Label = None, *, train: bool
    ) -> Float[Array, "batch height width outputs"]:
        """Parameters of the likelihood."""
        return self.decoder(latent, label, train=train)

    def __call__(
        self, image: Float[Array, "batch height width channels"], label: Label = None, *, train: bool
    ) -> Float[Array, "batch height width outputs"]:
        """Decodes the posterior's mean; the first call, which makes the parameters of both halves."""
        mean, _ = self.encode(image, label, train=train)
        return self.decode(mean, label, train=train)
