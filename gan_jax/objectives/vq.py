"""Images as maps of codes: VQ-VAE (van den Oord et al. 2017), and FSQ or lookup-free quantization in its place."""

from jaxtyping import Array, Key, PyTree

from gan_jax.losses import combine
from gan_jax.losses.likelihoods import Likelihood
from gan_jax.objectives import quantized
from gan_jax.types import Batch, Facts, Objective, Out, Role, TrainState, Variables


def make(autoencoder: Role, facts: Facts, *, likelihood: Likelihood, conditional: bool = False) -> Objective:
    """One player that encodes to codes and decodes these; `masked_prior` then learns to draw codes.

    Args:
        autoencoder: its network has the methods `encode(image, label)` -> (vectors [B, h, w, C], Quantized),
            `decode(values [B, h, w, C], label)` -> outputs, `lookup(codes [B, h, w])` -> values and `num_codes()`.
        facts: of the data and the devices.
        likelihood: of an image, given the decoder's outputs.
        conditional: whether encoder and decoder see the class.
    """
    model = quantized.make(autoencoder, facts, likelihood, conditional)

    def init(key: Key[Array, ""], batch: Batch) -> tuple[dict[str, Variables], dict[str, PyTree]]:
        return {"autoencoder": model.init(key, batch)}, {"autoencoder": combine.initial_carry(autoencoder.terms)}

    def loss(params: PyTree, state: TrainState, batch: Batch, key: Key[Array, ""]) -> tuple[Array, Out]:
        variables = state.players["autoencoder"].variables._replace(params=params)
        view, network_state = model.view(variables, state, batch, key)
        memory = state.carry["autoencoder"]
        total, carry, metrics = combine.total("autoencoder", autoencoder.terms, view, state.step, memory)
        return total, Out(network_state, carry, metrics | model.usage(view))

    return Objective(init, {"autoencoder": loss}, averaged=("autoencoder",), draws=model.draws)
