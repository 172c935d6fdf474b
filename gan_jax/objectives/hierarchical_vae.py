"""The hierarchical VAE: VDVAE (Child 2021); free bits and the balancing of NVAE (Vahdat & Kautz 2020) are settings."""

from collections.abc import Mapping
from typing import Annotated

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree

from gan_jax import rng
from gan_jax.bounds import Bounds
from gan_jax.errors import InputError
from gan_jax.images import from_uint8, held
from gan_jax.losses.likelihoods import Likelihood
from gan_jax.losses.views import HierarchicalView, common_fields
from gan_jax.objectives import alone
from gan_jax.objectives.classes import condition_on, label_of, seen_classes
from gan_jax.objectives.observed import observed, observed_and
from gan_jax.types import Batch, Condition, Draw, Facts, Mean, Objective, Role, TrainState, Variables

Noise = dict[str, Float[Array, "batch ..."]]


def make(autoencoder: Role, facts: Facts, *, likelihood: Likelihood, conditional: bool = False) -> Objective:
    """One player, whose latents have levels from coarse to fine.

    Args:
        autoencoder: its network maps (image or None, noise {level: [B, h, w, z]}, temperatures (float, ...), label) to
            the outputs [B, H, W, likelihood.channels(C)] and, for each level, `kl` [B] and `log_ratio` [B]; its method
            `latent_shapes()` says what noise there is.
        facts: of the data and the devices.
        likelihood: of an image, given the outputs.
        conditional: whether the network sees the class.
    """
    num_classes = seen_classes(conditional, facts)
    network = autoencoder.network(num_classes=num_classes, out_channels=likelihood.channels(facts.image_shape[-1]))

    def shapes() -> dict[str, tuple[int, ...]]:
        return network.apply(Variables({}, {}), method="latent_shapes")[0]

    def noise(keys: Key[Array, "batch"]) -> Noise:
        """Standard normal, for each level."""

        def draw(key: Array) -> dict[str, Array]:
            return {
                name: jax.random.normal(jax.random.fold_in(key, number), shape)
                for number, (name, shape) in enumerate(shapes().items())
            }

        return jax.vmap(draw)(keys)

    def begin(key: Key[Array, ""], batch: Batch) -> Variables:
        image, label = from_uint8(batch["image"]), label_of(batch, num_classes)
        drawn = noise(rng.per_example(key, batch["position"]))
        return network.init(rng.stream(key, 0, "autoencoder"), image, drawn, (), label)

    def view(
        variables: Variables, state: TrainState, batch: Batch, key: Key[Array, ""]
    ) -> tuple[HierarchicalView, PyTree]:
        image = observed(batch, likelihood, key)
        drawn = noise(rng.per_example(rng.stream(key, 0, "latent"), batch["position"]))
        (outputs, levels), network_state = network.apply(
            variables, image, drawn, (), label_of(batch, num_classes), train=True
        )
        seen = HierarchicalView(
            image=image,
            outputs=outputs,
            reconstruction=held(likelihood.mean(outputs)),
            negative_log_likelihood=likelihood.negative_log_likelihood(outputs, image),
            kl=jnp.stack([level.kl for level in levels], axis=1),
            sizes=tuple(x[0].size for x in drawn.values()),
            **common_fields(facts, state, batch, key, variables.params),
        )
        return seen, network_state

    def by_level(view: HierarchicalView) -> dict[str, Mean]:
        return {f"kl/{name}": Mean(x.mean(), jnp.float32(1)) for name, x in zip(shapes(), view.kl.T, strict=True)}

    def decode(variables: Mapping[str, PyTree], latent: Noise, condition: Condition, temperatures: tuple) -> Array:
        label = condition.get("label")
        return likelihood.mean(network.apply(variables["autoencoder"], None, latent, temperatures, label)[0][0])

    def encode(variables: Mapping[str, PyTree], latent: Noise, condition: Condition) -> tuple[Array, list]:
        image, label = from_uint8(condition["image"]), condition.get("label")
        return network.apply(variables["autoencoder"], image, latent, (), label)[0]

    def sample(
        variables: Mapping[str, PyTree],
        latent: Noise,
        condition: Condition,
        *,
        temperature: Annotated[float | tuple[float, ...], Bounds(0)] = 1.0,
    ) -> Array:
        """From the prior, with standard deviations times a temperature: one for all levels, or one for each."""
        levels = len(shapes())
        each = temperature if isinstance(temperature, tuple) else (temperature,) * levels
        if len(each) != levels:
            raise InputError(f"options.temperature = {temperature}: this model has {levels} levels.")
        return decode(variables, latent, condition, each)

    def reconstruct(variables: Mapping[str, PyTree], latent: PyTree, condition: Condition) -> Array:
        """The image that the means of all posteriors decode to."""
        batch = len(condition["image"])
        still = {name: jnp.zeros((batch, *shape)) for name, shape in shapes().items()}
        return likelihood.mean(encode(variables, still, condition)[0])

    def explained(
        variables: Mapping[str, PyTree], latent: Noise, condition: Condition
    ) -> tuple[Float[Array, "batch"], list]:
        outputs, levels = encode(variables, latent, condition)
        return -likelihood.negative_log_likelihood(outputs, from_uint8(condition["image"])), levels

    def log_weights(variables: Mapping[str, PyTree], latent: Noise, condition: Condition) -> Float[Array, "batch"]:
        """log p(x, z) - log q(z | x) of one draw z ~ q: its mean is the evidence lower bound, in nats."""
        log_likelihood, levels = explained(variables, latent, condition)
        return log_likelihood + sum(level.log_ratio for level in levels)

    def evidence(variables: Mapping[str, PyTree], latent: Noise, condition: Condition) -> Float[Array, "batch parts"]:
        """The parts of the evidence lower bound, nats: log p(x | z) of one draw z ~ q, and the KL of each level."""
        log_likelihood, levels = explained(variables, latent, condition)
        return jnp.stack([log_likelihood, *(level.kl for level in levels)], axis=1)

    images = observed_and(likelihood, num_classes)
    game = alone.game("autoencoder", autoencoder, begin=begin, view=view, told=by_level)
    return Objective(
        init=game.init,
        losses=game.losses,
        averaged=("autoencoder",),
        draws={
            "image": Draw(sample, noise, condition_on(num_classes)),
            "reconstruction": Draw(reconstruct, condition=images),
            "log_weights": Draw(log_weights, noise, images, output=likelihood.log_weight),
            "evidence": Draw(evidence, noise, images, output="evidence"),
        },
    )
