"""A VAE whose images a discriminator judges: VAE-GAN (Larsen et al. 2016), KL autoencoders (Rombach et al. 2022)."""

from typing import Literal

import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree

from gan_jax import rng
from gan_jax.losses import combine
from gan_jax.losses.likelihoods import Likelihood
from gan_jax.losses.views import VaeView
from gan_jax.objectives import variational
from gan_jax.objectives.two_players import judge, logits_of, variables_of
from gan_jax.types import Batch, Facts, Objective, Out, Role, TrainState, Variables


def make(
    autoencoder: Role,
    discriminator: Role,
    facts: Facts,
    *,
    likelihood: Likelihood,
    conditional: bool = False,
    judged: Literal["reconstruction", "both"] = "reconstruction",
) -> Objective:
    """The autoencoder of `vae`, with a discriminator that tells images from what is decoded.

    Args:
        autoencoder: as of `vae`. Of its terms `nonsaturating` and the like take `side="generator"`; `feature_matching`
            compares images in the discriminator's features.
        discriminator: its network maps images to logits, one for each image or a map of them.
        facts: of the data and the devices.
        likelihood: of an image, given the decoder's outputs.
        conditional: whether encoder and decoder see the class.
        judged: reconstructions, or both: every second one is then an image of a latent from the prior.
    """
    model = variational.make(autoencoder, facts, likelihood, conditional)
    network = discriminator.network()
    terms = {"autoencoder": autoencoder.terms, "discriminator": discriminator.terms}

    def init(key: Key[Array, ""], batch: Batch) -> tuple[dict[str, Variables], dict[str, PyTree]]:
        images = jnp.zeros((len(batch["position"]), *facts.image_shape))
        players = {
            "autoencoder": model.init(key, batch),
            "discriminator": network.init(rng.stream(key, 0, "discriminator"), images),
        }
        return players, {name: combine.initial_carry(terms[name]) for name in players}

    def fakes(view: VaeView, variables: Variables, key: Key[Array, ""]) -> Float[Array, "batch height width channels"]:
        if judged == "reconstruction":
            return view.reconstruction
        position = view.batch["position"]
        drawn = model.prior(variables, rng.per_example(rng.stream(key, 0, "prior"), position))
        odd = (position % 2 == 1).reshape(-1, *(1,) * (drawn.ndim - 1))
        return model.decode(variables, jnp.where(odd, drawn, view.latent), view.batch)

    def play(side: str, params: PyTree, state: TrainState, batch: Batch, key: Key[Array, ""]) -> tuple[Array, Out]:
        variables = variables_of(state, side, params)
        view, network_state = model.view(variables["autoencoder"], state, batch, key)
        fake = fakes(view, variables["autoencoder"], key)
        real_judged, fake_judged, critic_state = judge(network, variables["discriminator"], view.image, fake)
        view = view._replace(
            real=view.image,
            fake=fake,
            real_logits=real_judged["logits"],
            fake_logits=fake_judged["logits"],
            real_judged=real_judged,
            fake_judged=fake_judged,
            discriminator=logits_of(network, variables["discriminator"]),
            params=params,
        )
        loss, carry, metrics = combine.total(side, terms[side], view, state.step, state.carry[side])
        return loss, Out({"autoencoder": network_state, "discriminator": critic_state}[side], carry, metrics)

    return Objective(
        init=init,
        losses={
            "discriminator": lambda *arguments: play("discriminator", *arguments),
            "autoencoder": lambda *arguments: play("autoencoder", *arguments),
        },
        averaged=("autoencoder",),
        draws=model.draws,
    )
