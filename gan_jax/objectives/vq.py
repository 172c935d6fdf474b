"""Images as maps of codes: VQ-VAE (van den Oord et al. 2017), and FSQ or lookup-free quantization in its place."""

from gan_jax.losses.likelihoods import Likelihood
from gan_jax.objectives import alone, quantized
from gan_jax.types import Facts, Objective, Role


def make(autoencoder: Role, facts: Facts, *, likelihood: Likelihood, conditional: bool = False) -> Objective:
    """One player that encodes to codes and decodes these; `masked_prior` then learns to draw codes.

    Args:
        autoencoder: its network has the methods `encode(image, label)` -> (vectors [B, h, w, C], Quantized),
            `decode(values [B, h, w, C], label)` -> outputs, `lookup(codes [B, h, w])` -> values and `num_codes()`.
        facts: of the data and the devices.
        likelihood: of an image, given the decoder's outputs.
        conditional: whether encoder and decoder see the class.
    """
    model = quantized.of_network(autoencoder, facts, likelihood, conditional)

    game = alone.game("autoencoder", autoencoder, begin=model.init, view=model.view, told=model.usage)
    return Objective(game.init, game.losses, averaged=("autoencoder",), draws=model.draws)
