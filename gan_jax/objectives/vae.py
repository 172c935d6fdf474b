"""The variational autoencoder (Kingma & Welling 2014; beta: Higgins et al. 2017), optionally class-conditional."""

from gan_jax.losses.likelihoods import Likelihood
from gan_jax.objectives import alone, variational
from gan_jax.types import Facts, Objective, Role


def make(autoencoder: Role, facts: Facts, *, likelihood: Likelihood, conditional: bool = False) -> Objective:
    """One player that encodes to a Gaussian posterior and decodes to the parameters of a likelihood.

    Args:
        autoencoder: its network has the methods `encode(image, label)` -> (mean [B, *Z], log_variance [B, *Z]),
            `decode(latent, label)` -> outputs [B, H, W, likelihood.channels(C)] and `mixture(shape of Z)` -> the prior,
            as log-weights [K], means [K, *Z] and log-variances.
        facts: of the data and the devices.
        likelihood: of an image, given the decoder's outputs.
        conditional: whether encoder and decoder see the class.
    """
    model = variational.of_network(autoencoder, facts, likelihood, conditional)

    game = alone.game("autoencoder", autoencoder, begin=model.init, view=model.view)
    return Objective(game.init, game.losses, averaged=("autoencoder",), draws=model.draws)
