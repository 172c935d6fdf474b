"""A VAE whose images a discriminator judges: VAE-GAN (Larsen et al. 2016), KL autoencoders (Rombach et al. 2022)."""

from typing import Literal

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from gan_jax import rng
from gan_jax.losses.likelihoods import Likelihood
from gan_jax.losses.views import VaeView
from gan_jax.objectives import judged, variational
from gan_jax.types import Facts, Objective, Role, Variables

Images = Float[Array, "batch height width channels"]


def make(
    autoencoder: Role,
    discriminator: Role,
    facts: Facts,
    *,
    likelihood: Likelihood,
    conditional: bool = False,
    fake: Literal["reconstruction", "both"] = "reconstruction",
) -> Objective:
    """The autoencoder of `vae`, with a discriminator that tells images from what is decoded.

    Args:
        autoencoder: as of `vae`. Of its terms `nonsaturating` and the like take `side="generator"`; `feature_distance`
            compares images in the discriminator's features, and `adaptive` weighs a game against a reconstruction.
        discriminator: its network maps (images, label [B] if `conditional`) to logits, one for each image or a map.
        facts: of the data and the devices.
        likelihood: of an image, given the decoder's outputs.
        conditional: whether all networks see the class.
        fake: reconstructions, or both: every second one is then an image of a latent from the prior.
    """
    model = variational.of_network(autoencoder, facts, likelihood, conditional)

    def shown(view: VaeView, variables: Variables, key: Key[Array, ""]) -> tuple[Images, Images]:
        if fake == "reconstruction":
            return view.image, view.reconstruction
        position = view.batch["position"]
        drawn = model.prior(variables, rng.per_example(rng.stream(key, 0, "prior"), position), view.batch)
        odd = (position % 2 == 1).reshape(-1, *(1,) * (drawn.ndim - 1))
        return view.image, model.decode(variables, jnp.where(odd, drawn, view.latent), view.batch)

    game = judged.game(
        autoencoder,
        discriminator,
        shape=facts.image_shape,
        num_classes=model.num_classes,
        begin=model.init,
        view=model.view,
        shown=shown,
    )
    return Objective(game.init, game.losses, averaged=("autoencoder",), draws=model.draws)
