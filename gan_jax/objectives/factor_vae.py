"""FactorVAE (Kim & Mnih 2018): a VAE, and a critic that tells how far its latents are from independent."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from gan_jax import rng
from gan_jax.losses.likelihoods import Likelihood
from gan_jax.losses.reductions import gather
from gan_jax.losses.views import VaeView
from gan_jax.objectives import judged, variational
from gan_jax.types import Facts, Objective, Role, Variables


def make(
    autoencoder: Role, critic: Role, facts: Facts, *, likelihood: Likelihood, conditional: bool = False
) -> Objective:
    """The autoencoder of `vae`, with a second player that `density_ratio` asks.

    Args:
        autoencoder: as of `vae`.
        critic: its network maps latents [B, Z] to logits [B]. Its terms see latents as `real`, and as `fake` the same
            with each dimension shuffled over the batch, whose density is the product of the marginals.
        facts: of the data and the devices.
        likelihood: of an image, given the decoder's outputs.
        conditional: whether encoder and decoder see the class.
    """
    model = variational.of_network(autoencoder, facts, likelihood, conditional)

    def shuffled(latent: Float[Array, "batch latent"], key: Key[Array, ""]) -> Float[Array, "batch latent"]:
        """Each dimension in an order of its own, over the global batch; the examples that are here."""
        everyone = gather(latent, facts.axis_name)
        keys = jax.random.split(key, latent.shape[1])
        orders = jax.vmap(lambda key: jax.random.permutation(key, len(everyone)), out_axes=1)(keys)
        first = 0 if facts.axis_name is None else jax.lax.axis_index(facts.axis_name) * len(latent)
        here = jax.lax.dynamic_slice_in_dim(orders, first, len(latent))
        return jnp.take_along_axis(everyone, here, axis=0)

    def shown(view: VaeView, variables: Variables, key: Key[Array, ""]) -> tuple[Array, Array]:
        return view.latent, shuffled(view.latent, rng.stream(key, 0, "shuffle"))

    game = judged.game(
        autoencoder,
        critic,
        name="critic",
        shape=model.latent_shape(),
        num_classes=0,
        begin=model.init,
        view=model.view,
        shown=shown,
    )
    return Objective(game.init, game.losses, averaged=("autoencoder",), draws=model.draws)
