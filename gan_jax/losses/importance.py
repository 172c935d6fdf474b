"""Bounds on log p(x) by several draws from q(z | x), as losses: in place of reconstruction and KL, not beside them."""

import jax
import jax.numpy as jnp
from jax.lax import stop_gradient
from jaxtyping import Array, Float

from gan_jax import rng
from gan_jax.bounds import Positive
from gan_jax.losses.gaussians import log_density, log_mixture
from gan_jax.losses.reductions import example_sum
from gan_jax.losses.views import VaeView

Samples = Float[Array, "samples batch *latent"]
LogWeights = Float[Array, "samples batch"]


def importance_weighted(view: VaeView, *, samples: Positive = 5) -> Float[Array, "batch"]:
    """-log (1/K) sum_k p(x, z_k) / q(z_k | x) (Burda et al. 2016, IWAE), in nats."""
    latents = _drawn(view, samples)
    return jnp.log(samples) - jax.nn.logsumexp(_log_weights(view, latents, view.mean, view.log_variance), axis=0)


def doubly_reparameterized(view: VaeView, *, samples: Positive = 5) -> Float[Array, "batch"]:
    """The same bound with the gradient of Tucker et al. 2019 (DReG), in which many samples do not drown the encoder's.

    With normalised weights v_k, decoder and prior follow sum_k v_k d log w_k, the encoder
    sum_k v_k^2 (d log w_k / d z_k) (d z_k): the density q is held where it stands by itself.
    """
    latents = _drawn(view, samples)
    held = stop_gradient(view.mean), stop_gradient(view.log_variance)
    share = stop_gradient(jax.nn.softmax(_log_weights(view, latents, *held), axis=0))
    scale = share.reshape(*share.shape, *(1,) * (latents.ndim - 2))
    log_weights = _log_weights(view, _scaled(latents, scale), *held)
    value = stop_gradient(jnp.log(samples) - jax.nn.logsumexp(log_weights, axis=0))
    followed = -(share * log_weights).sum(axis=0)
    return value + followed - stop_gradient(followed)


@jax.custom_vjp
def _scaled(x: Samples, scale: Float[Array, "samples batch *ones"]) -> Samples:
    """Itself; its gradient is scaled."""
    del scale
    return x


_scaled.defvjp(lambda x, scale: (x, scale), lambda scale, gradient: (scale * gradient, jnp.zeros_like(scale)))


def _drawn(view: VaeView, samples: int) -> Samples:
    keys = rng.per_example(view.key, view.batch["position"])
    shape = (samples, *view.mean.shape[1:])
    noise = jax.vmap(lambda key: jax.random.normal(key, shape), out_axes=1)(keys)
    return view.mean + jnp.exp(view.log_variance / 2) * noise


def _log_weights(
    view: VaeView, latents: Samples, mean: Float[Array, "batch *latent"], log_variance: Float[Array, "batch *latent"]
) -> LogWeights:
    """log p(x, z) - log q(z | x), draw after draw."""

    def of(z: Float[Array, "batch *latent"]) -> Float[Array, "batch"]:
        posterior = example_sum(log_density(z, mean, log_variance))
        return view.log_likelihood(z) + log_mixture(z, view.prior) - posterior

    return jax.lax.map(of, latents)
