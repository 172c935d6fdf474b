"""Terms of codes that are guessed where they are hidden."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.bounds import Share
from gan_jax.losses.reductions import example_sum
from gan_jax.losses.views import MaskedView


def masked_cross_entropy(view: MaskedView, *, label_smoothing: Share = 0.1) -> Float[Array, "batch"]:
    """-log p(code) in nats, the mean over an example's hidden places (Chang et al. 2022).

    With `label_smoothing` that share of the probability is wanted spread over all codes.
    """
    log_p = jax.nn.log_softmax(view.logits)
    right = jnp.take_along_axis(log_p, view.codes[..., None], axis=-1)[..., 0]
    wanted = (1 - label_smoothing) * right + label_smoothing * log_p.mean(axis=-1)
    return -example_sum(jnp.where(view.hidden, wanted, 0.0)) / example_sum(view.hidden.astype(jnp.float32))
