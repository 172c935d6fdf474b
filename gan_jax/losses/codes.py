"""Terms of quantized vectors (van den Oord et al. 2017), means over all their numbers."""

import jax
import jax.numpy as jnp
from jax.lax import stop_gradient
from jax.nn import sigmoid, softplus
from jaxtyping import Array, Float

from gan_jax.bounds import Amount
from gan_jax.losses.reductions import batch_mean, example_mean
from gan_jax.losses.views import CodesView


def commitment(view: CodesView) -> Float[Array, "batch"]:
    """The squared distance of the vectors from their codes, which are held; `weight` is beta, 0.25 in the paper."""
    return example_mean((view.vectors - stop_gradient(view.chosen)) ** 2)


def codebook(view: CodesView) -> Float[Array, "batch"]:
    """The squared distance of the codes from their vectors, which are held: moves a `Codebook` of parameters."""
    return example_mean((stop_gradient(view.vectors) - view.chosen) ** 2)


def code_entropy(view: CodesView, *, diversity: Amount = 1.0, sharpness: Amount = 100.0) -> Float[Array, "batch"]:
    """Sure codes, all of them in use: E[H(p)] - diversity H(E[p]), in nats, of `quantizers.Signs` (Yu et al. 2024).

    p is the softmax of minus `sharpness` times the squared distances to all codes, in which the bits are independent:
    sums over bits. So H(E[p]) is that of the bits one by one, which bounds that of the codes from above.
    """
    logits = 4 * sharpness * view.vectors
    unsure = sigmoid(logits) * softplus(-logits) + sigmoid(-logits) * softplus(logits)
    share = batch_mean(sigmoid(logits), view.axis_name).mean(axis=(0, 1))
    return example_mean(unsure) * view.vectors.shape[-1] - diversity * _entropy(share).sum()


def _entropy(share: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Of coins."""
    return jax.scipy.special.entr(share) + jax.scipy.special.entr(1 - share)


def perplexity(codes: Array, size: int, axis_name: str | None) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """exp(entropy) of the codes of the global batch, and the share of all codes that occur in it."""
    counts = jnp.zeros(size).at[codes.reshape(-1)].add(1.0)
    counts = counts if axis_name is None else jax.lax.psum(counts, axis_name)
    share = counts / counts.sum()
    return jnp.exp(jax.scipy.special.entr(share).sum()), (counts > 0).mean()
