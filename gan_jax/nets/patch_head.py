"""A discriminator with two heads: one for an image, and one for each of its patches (Ojha et al. 2021)."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.errors import InputError, nearest
from gan_jax.nets.layers import Conv
from gan_jax.network import layers_seen


class Discriminator(nn.Module):
    """Any discriminator, and beside its logits a map of `patches`: those of a 3x3 convolution behind one of its layers.

    `layer` is the name that `--dry_run` shows, such as "down_1" or "block_1/conv_1": the further in, the larger are the
    patches. The judge's layers keep their names, so that by `init_from` a run of the judge alone is what this one
    begins with. A judge's own `remat` is left out, for the layer's values are kept.
    """

    judge: nn.Module
    layer: str

    def setup(self) -> None:
        """The second head, beside the layers of the judge."""
        nn.share_scope(self, self.judge)
        self.head = Conv(1, equalized=True, name="patch_logits")

    def __call__(
        self, image: Float[Array, "batch height width channels"], *told: Any, train: bool
    ) -> dict[str, Array | dict]:
        """What the judge says, told what it is, and `patches` [B, rows, columns]; float32."""
        maps = {}

        def see(path: str, output: jax.Array) -> jax.Array:
            if output.ndim == image.ndim:
                maps[path.removeprefix(own)] = output
            return output

        own = "".join(f"{part}/" for part in self.path)
        with layers_seen(see):
            said = self.judge(image, *told, train=train)
        if self.layer not in maps:
            raise InputError(f"layer={self.layer!r} is none of the judge's with a map. {nearest(self.layer, maps)}")
        seen = nn.leaky_relu(maps[self.layer].astype(jnp.float32), 0.2)
        said = said if isinstance(said, dict) else {"logits": said}
        return {**said, "patches": self.head(seen, train=train)[..., 0]}
