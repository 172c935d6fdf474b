"""FactorVAE (Kim & Mnih 2018): a VAE, and a critic that tells how far its latents are from independent."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree

from gan_jax import rng
from gan_jax.losses import combine
from gan_jax.losses.likelihoods import Likelihood
from gan_jax.losses.views import gather
from gan_jax.objectives import variational
from gan_jax.objectives.two_players import judge, logits_of, variables_of
from gan_jax.types import Batch, Facts, Objective, Out, Role, TrainState, Variables


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
    model = variational.make(autoencoder, facts, likelihood, conditional)
    network = critic.network()
    terms = {"autoencoder": autoencoder.terms, "critic": critic.terms}

    def init(key: Key[Array, ""], batch: Batch) -> tuple[dict[str, Variables], dict[str, PyTree]]:
        variables = model.init(key, batch)
        latent = jax.eval_shape(lambda: model.prior(variables, rng.per_example(key, batch["position"])))
        players = {
            "autoencoder": variables,
            "critic": network.init(rng.stream(key, 0, "critic"), jnp.zeros(latent.shape)),
        }
        return players, {name: combine.initial_carry(terms[name]) for name in players}

    def shuffled(latent: Float[Array, "batch latent"], key: Key[Array, ""]) -> Float[Array, "batch latent"]:
        """Each dimension in an order of its own, over the global batch; the examples that are here."""
        everyone = gather(latent, facts.axis_name)
        keys = jax.random.split(key, latent.shape[1])
        orders = jax.vmap(lambda key: jax.random.permutation(key, len(everyone)), out_axes=1)(keys)
        first = 0 if facts.axis_name is None else jax.lax.axis_index(facts.axis_name) * len(latent)
        here = jax.lax.dynamic_slice_in_dim(orders, first, len(latent))
        return jnp.take_along_axis(everyone, here, axis=0)

    def play(side: str, params: PyTree, state: TrainState, batch: Batch, key: Key[Array, ""]) -> tuple[Array, Out]:
        variables = variables_of(state, side, params)
        view, network_state = model.view(variables["autoencoder"], state, batch, key)
        real, fake = view.latent, shuffled(view.latent, rng.stream(key, 0, "shuffle"))
        real_judged, fake_judged, critic_state = judge(network, variables["critic"], real, fake)
        ratio = logits_of(network, variables["critic"])
        view = view._replace(
            real=real,
            fake=fake,
            real_logits=real_judged["logits"],
            fake_logits=fake_judged["logits"],
            real_judged=real_judged,
            fake_judged=fake_judged,
            discriminator=ratio,
            density_ratio=ratio,
            params=params,
        )
        loss, carry, metrics = combine.total(side, terms[side], view, state.step, state.carry[side])
        return loss, Out({"autoencoder": network_state, "critic": critic_state}[side], carry, metrics)

    return Objective(
        init=init,
        losses={
            "critic": lambda *arguments: play("critic", *arguments),
            "autoencoder": lambda *arguments: play("autoencoder", *arguments),
        },
        averaged=("autoencoder",),
        draws=model.draws,
    )
