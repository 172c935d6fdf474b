"""Terms of bits that are hidden in images, and the View that they look at."""

from dataclasses import dataclass

import jax
from jaxtyping import Array, Float

from gan_jax.losses.reductions import example_mean
from gan_jax.losses.views import Pictures, View


@dataclass(frozen=True, kw_only=True)
class WatermarkView(View):
    """Images before and after bits were hidden in them, and what is read of them after a disturbance."""

    image: Pictures
    marked: Pictures
    disturbed: Pictures  # what the reader is shown
    signs: Float[Array, "batch bits"]  # the bits as -1 and 1
    logits: Float[Array, "batch bits"]

    @property
    def pair(self) -> tuple[Pictures, Pictures]:
        """The image, and the marked one that should be like it."""
        return self.image, self.marked


def bit_cross_entropy(view: WatermarkView) -> Float[Array, "batch"]:
    """-log p(bit) in nats, the mean over an image's bits (Yu et al. 2021): log 2 of one who guesses."""
    return example_mean(jax.nn.softplus(-view.signs * view.logits))
