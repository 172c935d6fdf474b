"""Maps of codes whose images a discriminator judges: VQGAN (Esser et al. 2021)."""

from gan_jax.losses.likelihoods import Likelihood
from gan_jax.objectives import judged, quantized
from gan_jax.types import Facts, Objective, Role


def make(
    autoencoder: Role, discriminator: Role, facts: Facts, *, likelihood: Likelihood, conditional: bool = False
) -> Objective:
    """The autoencoder of `vq`, with a discriminator that tells images from reconstructions.

    Args:
        autoencoder: as of `vq`; its term `adaptive` weighs the game against the reconstruction.
        discriminator: its network maps (images, label [B] if `conditional`) to logits, one for each image or a map.
        facts: of the data and the devices.
        likelihood: of an image, given the decoder's outputs.
        conditional: whether all networks see the class.
    """
    model = quantized.of_network(autoencoder, facts, likelihood, conditional)
    game = judged.game(
        autoencoder,
        discriminator,
        shape=facts.image_shape,
        num_classes=model.num_classes,
        begin=model.init,
        view=model.view,
        shown=lambda view, variables, key: (view.image, view.reconstruction),
        told=model.usage,
    )
    return Objective(game.init, game.losses, averaged=("autoencoder",), draws=model.draws)
