"""The hierarchical VAE: VDVAE (Child 2021); free bits and the balancing of NVAE (Vahdat & Kautz 2020) are settings."""

from collections.abc import Mapping
from typing import Annotated

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree

from gan_jax import rng
from gan_jax.bounds import Bounds
from gan_jax.errors import InputError
from gan_jax.images import from_uint8
from gan_jax.losses import combine
from gan_jax.losses.likelihoods import Likelihood
from gan_jax.losses.views import HierarchicalView, bound
from gan_jax.objectives.classes import condition_on, label_of, seen_classes
from gan_jax.types import Batch, Condition, Draw, Facts, Mean, Objective, Out, Role, TrainState, Variables

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

    def init(key: Key[Array, ""], batch: Batch) -> tuple[dict[str, Variables], dict[str, PyTree]]:
        image, label = from_uint8(batch["image"]), label_of(batch, num_classes)
        drawn = noise(rng.per_example(key, batch["position"]))
        variables = network.init(rng.stream(key, 0, "autoencoder"), image, drawn, (), label)
        return {"autoencoder": variables}, {"autoencoder": combine.initial_carry(autoencoder.terms)}

    def loss(params: PyTree, state: TrainState, batch: Batch, key: Key[Array, ""]) -> tuple[Array, Out]:
        variables = state.players["autoencoder"].variables._replace(params=params)
        image = from_uint8(batch["image"])
        drawn = noise(rng.per_example(rng.stream(key, 0, "latent"), batch["position"]))
        (outputs, levels), network_state = network.apply(
            variables, image, drawn, (), label_of(batch, num_classes), train=True
        )
        kl = jnp.stack([level.kl for level in levels], axis=1)
        view = HierarchicalView(
            image=image,
            outputs=outputs,
            reconstruction=likelihood.mean(outputs),
            negative_log_likelihood=likelihood.negative_log_likelihood(outputs, image),
            kl=kl,
            sizes=tuple(x[0].size for x in drawn.values()),
            batch=batch,
            key=key,
            carry=None,
            axis_name=facts.axis_name,
            step=state.step,
            frozen=bound(facts.frozen, state),
            params=params,
        )
        memory = state.carry["autoencoder"]
        total, carry, metrics = combine.total("autoencoder", autoencoder.terms, view, state.step, memory)
        by_level = {f"kl/{name}": Mean(x.mean(), jnp.float32(1)) for name, x in zip(drawn, kl.T, strict=True)}
        return total, Out(network_state, carry, metrics | by_level)

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

    def log_weights(variables: Mapping[str, PyTree], latent: Noise, condition: Condition) -> Float[Array, "batch"]:
        """log p(x, z) - log q(z | x) of one draw z ~ q: its mean is the evidence lower bound, in nats."""
        outputs, levels = encode(variables, latent, condition)
        log_likelihood = -likelihood.negative_log_likelihood(outputs, from_uint8(condition["image"]))
        return log_likelihood + sum(level.log_ratio for level in levels)

    classes = condition_on(num_classes)

    def images(batch: Batch, keys: Key[Array, "batch"]) -> Condition:
        return {"image": batch["image"], **classes(batch, keys)}

    output = "log_probability" if likelihood.discrete else "log_density"
    return Objective(
        init=init,
        losses={"autoencoder": loss},
        averaged=("autoencoder",),
        draws={
            "image": Draw(sample, noise, classes),
            "reconstruction": Draw(reconstruct, condition=images),
            "log_weights": Draw(log_weights, noise, images, output=output),
        },
    )
