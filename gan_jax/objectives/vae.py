"""The variational autoencoder (Kingma & Welling 2014; beta: Higgins et al. 2017), optionally class-conditional."""

import functools
from collections.abc import Mapping

import jax
import jax.numpy as jnp
from jax.scipy.stats import norm
from jaxtyping import Array, Float, Key, PyTree

from gan_jax import rng
from gan_jax.images import from_uint8
from gan_jax.losses import combine
from gan_jax.losses.likelihoods import Likelihood
from gan_jax.losses.views import VaeView, bound
from gan_jax.objectives.classes import condition_on, label_of, seen_classes
from gan_jax.objectives.latents import check_truncation
from gan_jax.types import Batch, Condition, Draw, Facts, Objective, Out, Role, TrainState, Variables


def make(autoencoder: Role, facts: Facts, *, likelihood: Likelihood, conditional: bool = False) -> Objective:
    """One player that encodes to a Gaussian posterior and decodes to the parameters of a likelihood.

    Args:
        autoencoder: its network has the methods `encode(image, label)` -> (mean [B, Z], log_variance [B, Z]) and
            `decode(latent, label)` -> outputs [B, H, W, likelihood.channels(C)].
        facts: of the data and the devices.
        likelihood: of an image, given the decoder's outputs.
        conditional: whether encoder and decoder see the class.
    """
    num_classes = seen_classes(conditional, facts)
    network = autoencoder.network(
        num_classes=num_classes,
        out_channels=likelihood.channels(facts.image_shape[-1]),
    )

    def label(batch: Batch) -> Array | None:
        return label_of(batch, num_classes)

    def init(key: Key[Array, ""], batch: Batch) -> tuple[dict[str, Variables], dict[str, PyTree]]:
        variables = network.init(rng.stream(key, 0, "autoencoder"), from_uint8(batch["image"]), label(batch))
        return {"autoencoder": variables}, {"autoencoder": combine.initial_carry(autoencoder.terms)}

    def draw(mean: Array, log_variance: Array, keys: Key[Array, "batch"]) -> Array:
        noise = jax.vmap(lambda key: jax.random.normal(key, mean.shape[1:]))(keys)
        return mean + jnp.exp(log_variance / 2) * noise

    def loss(params: PyTree, state: TrainState, batch: Batch, key: Key[Array, ""]) -> tuple[Array, Out]:
        variables = state.players["autoencoder"].variables._replace(params=params)
        image = from_uint8(batch["image"])
        (mean, log_variance), network_state = network.apply(variables, image, label(batch), train=True, method="encode")
        latent = draw(mean, log_variance, rng.per_example(rng.stream(key, 0, "latent"), batch["position"]))
        outputs, network_state = network.apply(
            variables._replace(state=network_state), latent, label(batch), train=True, method="decode"
        )
        view = VaeView(
            image=image,
            outputs=outputs,
            reconstruction=likelihood.mean(outputs),
            negative_log_likelihood=likelihood.negative_log_likelihood(outputs, image),
            mean=mean,
            log_variance=log_variance,
            latent=latent,
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
        return total, Out(network_state, carry, metrics)

    def decode(variables: Variables, latent: Array, condition: Condition) -> Array:
        return network.apply(variables, latent, condition.get("label"), method="decode")[0]

    def encode(variables: Variables, condition: Condition) -> tuple[Array, Array]:
        image, label = from_uint8(condition["image"]), condition.get("label")
        return network.apply(variables, image, label, method="encode")[0]

    @functools.cache
    def latent_size() -> int:
        image = jnp.zeros((1, *facts.image_shape))
        label = jnp.zeros(1, jnp.int32) if conditional else None

        def code(key: Array) -> Array:
            return network.apply(network.init(key, image, label), image, label, method="encode")[0][0]

        return jax.eval_shape(code, jax.random.key(0)).shape[-1]

    classes = condition_on(num_classes)

    def images(batch: Batch, keys: Key[Array, "batch"]) -> Condition:
        return {"image": batch["image"], **classes(batch, keys)}

    def prior(keys: Key[Array, "batch"], *, truncation: float = 1.0) -> Float[Array, "batch latent"]:
        """Standard normal with a standard deviation of `truncation`."""
        check_truncation(truncation)
        return truncation * jax.vmap(lambda key: jax.random.normal(key, (latent_size(),)))(keys)

    def sample(variables: Mapping[str, PyTree], latent: Float[Array, "batch latent"], condition: Condition) -> Array:
        return likelihood.mean(decode(variables["autoencoder"], latent, condition))

    def reconstruct(variables: Mapping[str, PyTree], latent: PyTree, condition: Condition) -> Array:
        """The image that the posterior's mean decodes to."""
        return sample(variables, encode(variables["autoencoder"], condition)[0], condition)

    def noise(keys: Key[Array, "batch"]) -> Float[Array, "batch latent"]:
        return jax.vmap(lambda key: jax.random.normal(key, (latent_size(),)))(keys)

    def log_weights(
        variables: Mapping[str, PyTree], latent: Float[Array, "batch latent"], condition: Condition
    ) -> Float[Array, "batch"]:
        """log p(x, z) - log q(z | x) of one draw z ~ q: its mean is the evidence lower bound, in nats."""
        mean, log_variance = encode(variables["autoencoder"], condition)
        code = mean + jnp.exp(log_variance / 2) * latent
        log_likelihood = -likelihood.negative_log_likelihood(
            decode(variables["autoencoder"], code, condition), from_uint8(condition["image"])
        )
        log_prior = norm.logpdf(code).sum(-1)
        log_posterior = norm.logpdf(code, mean, jnp.exp(log_variance / 2)).sum(-1)
        return log_likelihood + log_prior - log_posterior

    return Objective(
        init=init,
        losses={"autoencoder": loss},
        averaged=("autoencoder",),
        draws={
            "image": Draw(sample, prior, classes),
            "reconstruction": Draw(reconstruct, condition=images),
            "log_weights": Draw(
                log_weights, noise, images, output="log_probability" if likelihood.discrete else "log_density"
            ),
        },
    )
