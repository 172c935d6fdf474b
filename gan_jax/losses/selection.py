"""Terms that count for some of a batch."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.losses.adversarial import AdversarialLoss
from gan_jax.losses.reductions import example_mean, gather
from gan_jax.losses.views import GanView
from gan_jax.schedules import Scalar


def top_k(view: GanView, *, game: AdversarialLoss, share: Scalar = 0.5) -> Float[Array, "batch"]:
    """A game's loss for the `share` of the generated images with the highest logits (Sinha et al. 2020).

    The others count nothing, and these so much more that the mean is over them alone. In the paper the share falls from
    1 to a half.
    """
    logits = example_mean(view.fake_logits)
    everyone = jnp.sort(gather(logits, view.axis_name))
    count = jnp.clip(jnp.ceil(share * len(everyone)), 1, len(everyone)).astype(jnp.int32)
    chosen = logits >= everyone[len(everyone) - count]
    return jnp.where(chosen, game.generator(view) * len(everyone) / count, 0.0)
