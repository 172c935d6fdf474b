"""The variational autoencoder (Kingma & Welling 2014; beta: Higgins et al. 2017), optionally class-conditional."""

from jaxtyping import Array, Key, PyTree

from gan_jax.losses import combine
from gan_jax.losses.likelihoods import Likelihood
from gan_jax.objectives import variational
from gan_jax.types import Batch, Facts, Objective, Out, Role, TrainState, Variables


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
    model = variational.make(autoencoder, facts, likelihood, conditional)

    def init(key: Key[Array, ""], batch: Batch) -> tuple[dict[str, Variables], dict[str, PyTree]]:
        return {"autoencoder": model.init(key, batch)}, {"autoencoder": combine.initial_carry(autoencoder.terms)}

    def loss(params: PyTree, state: TrainState, batch: Batch, key: Key[Array, ""]) -> tuple[Array, Out]:
        variables = state.players["autoencoder"].variables._replace(params=params)
        view, network_state = model.view(variables, state, batch, key)
        memory = state.carry["autoencoder"]
        total, carry, metrics = combine.total("autoencoder", autoencoder.terms, view, state.step, memory)
        return total, Out(network_state, carry, metrics)

    return Objective(init=init, losses={"autoencoder": loss}, averaged=("autoencoder",), draws=model.draws)
