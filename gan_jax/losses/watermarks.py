"""Terms of bits that are hidden in images, and the View that they look at."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax.lax import stop_gradient
from jaxtyping import Array, Float

from gan_jax.errors import InputError
from gan_jax.losses.reductions import batch_mean, example_mean, gather, root
from gan_jax.losses.views import Pictures, View


@dataclass(frozen=True, kw_only=True)
class WatermarkView(View):
    """Images before and after bits were hidden in them, and what is read of them after a disturbance."""

    image: Pictures
    marked: Pictures
    disturbed: Pictures  # what the reader is shown
    signs: Float[Array, "batch bits"]  # the bits as -1 and 1
    logits: Float[Array, "batch bits"]
    unmarked: Float[Array, "batch bits"]  # logits of the images without bits

    @property
    def pair(self) -> tuple[Pictures, Pictures]:
        """The image, and the marked one that should be like it."""
        return self.image, self.marked


def bit_cross_entropy(view: WatermarkView) -> Float[Array, "batch"]:
    """-log p(bit) in nats, the mean over an image's bits (Yu et al. 2021): log 2 of one who guesses."""
    return example_mean(jax.nn.softplus(-view.signs * view.logits))


def fair_bits(view: WatermarkView) -> Float[Array, "batch"]:
    """How far the bits read of unmarked images are from fair coins, by which false alarms can be counted.

    Of n soft bits tanh(logit / scale), with the root mean square of the logits for a scale, it is the squared product
    E[b_i b_j]^2 of each two, the mean over the pairs: of an image and the others of the batch, without bias. It is 0
    where every bit is 0 and 1 equally often and knows nothing of another, and largest where all images give the same.
    Fernandez et al. 2023 (Stable Signature) whiten a reader's bits for that after its training; here it learns them so.
    """
    power = batch_mean(jnp.square(view.unmarked).mean(axis=1), view.axis_name)
    bits = jnp.tanh(view.unmarked / stop_gradient(root(power)))
    everywhere = gather(bits, view.axis_name)
    size, count = bits.shape[-1], len(everywhere)
    if count == 1:
        raise InputError("fair_bits compares the images of a batch, and with batch_size = 1 there are no others.")
    pairs = (bits @ everywhere.T) ** 2 - jnp.square(bits) @ jnp.square(everywhere).T  # of two bits, not of one twice
    itself = jnp.square(jnp.square(bits).sum(axis=1)) - (bits**4).sum(axis=1)
    return (pairs.sum(axis=1) - itself) / ((count - 1) * size * (size - 1))
