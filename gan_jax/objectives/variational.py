"""An autoencoder with a likelihood, as every game that trains one sees it."""

import functools
from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree

from gan_jax import rng
from gan_jax.images import from_uint8, held
from gan_jax.losses.gaussians import Mixture, divergence, log_density, log_mixture
from gan_jax.losses.likelihoods import Likelihood
from gan_jax.losses.reductions import example_sum
from gan_jax.losses.views import VaeView, common_fields
from gan_jax.objectives.classes import condition_on, label_of, seen_classes
from gan_jax.objectives.latents import check_truncation
from gan_jax.objectives.observed import observed, observed_and
from gan_jax.types import Batch, Condition, Draw, Facts, Role, TrainState, Variables

Latent = Float[Array, "batch *latent"]


class Autoencoder(NamedTuple):
    """What a game needs to know of it."""

    num_classes: int  # that its networks see
    latent_shape: Callable  # () -> the shape of one example's latent
    init: Callable  # (key, batch) -> Variables
    view: Callable  # (variables, state, batch, key) -> (VaeView, new network state)
    decode: Callable  # (variables, latent, batch) -> images in [-1, 1]
    prior: Callable  # (variables, keys [B], batch) -> latents
    draws: dict[str, Draw]


def of_network(autoencoder: Role, facts: Facts, likelihood: Likelihood, conditional: bool) -> Autoencoder:
    """Of a network with the methods `encode`, `decode` and `mixture`, such as `nets.vae.VAE`."""
    num_classes = seen_classes(conditional, facts)
    network = autoencoder.network(
        num_classes=num_classes,
        out_channels=likelihood.channels(facts.image_shape[-1]),
    )

    def label(batch: Batch) -> Array | None:
        return label_of(batch, num_classes)

    def init(key: Key[Array, ""], batch: Batch) -> Variables:
        return network.init(rng.stream(key, 0, "autoencoder"), from_uint8(batch["image"]), label(batch))

    def normal(keys: Key[Array, "batch"], shape: tuple[int, ...]) -> Latent:
        return jax.vmap(lambda key: jax.random.normal(key, shape))(keys)

    def mixture(variables: Variables, columns: Mapping[str, Array], train: bool = False) -> Mixture:
        return network.apply(variables, latent_shape(), label(columns), train=train, method="mixture")[0]

    def view(variables: Variables, state: TrainState, batch: Batch, key: Key[Array, ""]) -> tuple[VaeView, PyTree]:
        image = observed(batch, likelihood, key)
        (mean, log_variance), network_state = network.apply(variables, image, label(batch), train=True, method="encode")
        noise = normal(rng.per_example(rng.stream(key, 0, "latent"), batch["position"]), mean.shape[1:])
        latent = mean + jnp.exp(log_variance / 2) * noise
        outputs, network_state = network.apply(
            variables._replace(state=network_state), latent, label(batch), train=True, method="decode"
        )

        def log_likelihood(latent: Latent) -> Float[Array, "batch"]:
            outputs = network.apply(variables, latent, label(batch), train=True, method="decode")[0]
            return -likelihood.negative_log_likelihood(outputs, image)

        def redecoded(params: PyTree) -> Array:
            own, still = variables._replace(params=params), jax.lax.stop_gradient(latent)
            return held(likelihood.mean(network.apply(own, still, label(batch), train=True, method="decode")[0]))

        view = VaeView(
            image=image,
            outputs=outputs,
            reconstruction=held(likelihood.mean(outputs)),
            negative_log_likelihood=likelihood.negative_log_likelihood(outputs, image),
            mean=mean,
            log_variance=log_variance,
            latent=latent,
            prior=mixture(variables, batch, train=True),
            log_likelihood=log_likelihood,
            redecoded=redecoded,
            num_examples=facts.num_examples,
            **common_fields(facts, state, batch, key, variables.params),
        )
        return view, network_state

    def decode(variables: Variables, latent: Latent, condition: Condition) -> Array:
        return network.apply(variables, latent, condition.get("label"), method="decode")[0]

    def encode(variables: Variables, condition: Condition) -> tuple[Array, Array]:
        image, label = from_uint8(condition["image"]), condition.get("label")
        return network.apply(variables, image, label, method="encode")[0]

    @functools.cache
    def shapes() -> tuple[tuple[int, ...], int]:
        """Of a latent, and how many components the prior has."""
        image = jnp.zeros((1, *facts.image_shape))
        label = jnp.zeros(1, jnp.int32) if num_classes else None

        def parts(key: Array) -> tuple[Array, Array]:
            variables = network.init(key, image, label)
            mean = network.apply(variables, image, label, method="encode")[0][0]
            return mean, network.apply(variables, mean.shape[1:], label, method="mixture")[0][1]

        mean, means = jax.eval_shape(parts, jax.random.key(0))
        return mean.shape[1:], len(means)

    def latent_shape() -> tuple[int, ...]:
        return shapes()[0]

    classes = condition_on(num_classes)
    images = observed_and(likelihood, num_classes)

    def noise(keys: Key[Array, "batch"], *, truncation: float = 1.0) -> PyTree:
        """Standard normal times `truncation`; with a prior of several Gaussians, also the number that chooses one."""
        check_truncation(truncation)
        shape, components = shapes()
        if components == 1:
            return truncation * normal(keys, shape)
        parts = jax.vmap(jax.random.split)(keys)
        return {"z": truncation * normal(parts[:, 0], shape), "component": jax.random.key_data(parts[:, 1])}

    def component(keys: Key[Array, "batch"]) -> PyTree:
        """What a latent holds beside its normal numbers: of one seed the same as in `noise`."""
        return {"component": noise(keys)["component"]} if shapes()[1] > 1 else {}

    def under(variables: Variables, latent: PyTree, columns: Mapping[str, Array]) -> tuple[Latent, Latent]:
        """Mean and standard deviation of the Gaussian of the prior that a latent is of."""
        log_weights, means, log_variances = mixture(variables, columns)
        if len(means) > 1:
            keys = rng.wrapped(latent["component"])
            chosen = jax.vmap(jax.random.categorical)(keys, jnp.broadcast_to(log_weights, (len(keys), len(means))))
            means, log_variances = means[chosen], log_variances[chosen]
        return means, jnp.exp(log_variances / 2)

    def placed(variables: Variables, latent: PyTree, columns: Mapping[str, Array]) -> Latent:
        """What the noise of a latent is under the prior."""
        mean, deviation = under(variables, latent, columns)
        return mean + deviation * (latent["z"] if shapes()[1] > 1 else latent)

    def to_z(variables: Mapping[str, PyTree], latent: PyTree, condition: Condition) -> Latent:
        """The noise that is placed at the posterior's mean."""
        own = variables["autoencoder"]
        mean, deviation = under(own, latent, condition)
        return (encode(own, condition)[0] - mean) / deviation

    def kl(variables: Mapping[str, PyTree], latent: PyTree, condition: Condition) -> Latent:
        """KL of the posterior of each number of z from its prior, nats."""
        own = variables["autoencoder"]
        mean, deviation = under(own, latent, condition)
        posterior, log_variance = encode(own, condition)
        log_variance -= 2 * jnp.log(deviation)
        return ((posterior - mean) ** 2 / deviation**2 + jnp.exp(log_variance) - 1 - log_variance) / 2

    def sample(variables: Mapping[str, PyTree], latent: PyTree, condition: Condition) -> Array:
        own = variables["autoencoder"]
        return likelihood.mean(decode(own, placed(own, latent, condition), condition))

    def reconstruct(variables: Mapping[str, PyTree], latent: PyTree, condition: Condition) -> Array:
        """The image that the posterior's mean decodes to."""
        own = variables["autoencoder"]
        return likelihood.mean(decode(own, encode(own, condition)[0], condition))

    def explained(own: Variables, latent: Latent, condition: Condition) -> tuple[Float[Array, "batch"], Latent, tuple]:
        """log p(x | z) of one draw z ~ q, that draw, and q's mean and log-variance."""
        mean, log_variance = encode(own, condition)
        code = mean + jnp.exp(log_variance / 2) * latent
        outputs = decode(own, code, condition)
        return -likelihood.negative_log_likelihood(outputs, from_uint8(condition["image"])), code, (mean, log_variance)

    def log_weights(variables: Mapping[str, PyTree], latent: Latent, condition: Condition) -> Float[Array, "batch"]:
        """log p(x, z) - log q(z | x) of one draw z ~ q: its mean is the evidence lower bound, in nats."""
        own = variables["autoencoder"]
        log_likelihood, code, posterior = explained(own, latent, condition)
        return log_likelihood + log_mixture(code, mixture(own, condition)) - example_sum(log_density(code, *posterior))

    def evidence(variables: Mapping[str, PyTree], latent: Latent, condition: Condition) -> Float[Array, "batch 2"]:
        """The parts of the evidence lower bound in nats: log p(x | z) of one draw z ~ q, and KL(q || p)."""
        own = variables["autoencoder"]
        log_likelihood, code, posterior = explained(own, latent, condition)
        return jnp.stack([log_likelihood, divergence(code, *posterior, mixture(own, condition))], axis=1)

    def posterior_mean(variables: Mapping[str, PyTree], latent: PyTree, condition: Condition) -> Latent:
        """The mean of q(z | x)."""
        return encode(variables["autoencoder"], condition)[0]

    def standard(keys: Key[Array, "batch"]) -> Latent:
        return normal(keys, latent_shape())

    return Autoencoder(
        num_classes=num_classes,
        latent_shape=latent_shape,
        init=init,
        view=view,
        decode=lambda variables, latent, batch: likelihood.mean(
            network.apply(variables, latent, label(batch), train=True, method="decode")[0]
        ),
        prior=lambda variables, keys, batch: placed(variables, noise(keys), batch),
        draws={
            "image": Draw(sample, noise, classes),
            "reconstruction": Draw(reconstruct, condition=images),
            "to_z": Draw(to_z, component, images, output="z"),
            "kl": Draw(kl, component, images, output="kl"),
            "log_weights": Draw(log_weights, standard, images, output=likelihood.log_weight),
            "evidence": Draw(evidence, standard, images, output="evidence"),
            "posterior_mean": Draw(posterior_mean, condition=images, output="posterior_mean"),
        },
    )
