"""Convolutions whose weights are scaled by a style, example by example (Karras et al. 2020, section 2.2)."""

import jax
import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float

from gan_jax.nets.convolution import conv, conv_transpose
from gan_jax.nets.layers import Dense, Layer
from gan_jax.nets.resample import filtered

Images = Float[Array, "batch height width inputs"]
NewImages = Float[Array, "batch new_height new_width features"]

BLUR = (1.0, 3.0, 3.0, 1.0)


class ModulatedConv(Layer):
    """A convolution by weights that are scaled per input by a style and, if `demodulate`, to norm 1 per output.

    Scaling the inputs and the outputs of one convolution for all examples is the same as giving each its own weights.
    """

    kernel_size: int = 3
    up: bool = False
    demodulate: bool = True
    equalized: bool = True

    @nn.compact
    def __call__(self, x: Images, code: Float[Array, "batch code"], *, train: bool) -> NewImages:
        """The sides are doubled if `up`."""
        inputs, size = x.shape[-1], self.kernel_size
        affine = Dense(inputs, equalized=True, first_bias=1.0, dtype=jnp.float32, name="style")
        style = affine(code, train=train)
        weight = self.weight((size, size, inputs, self.features), train)
        x = x * style[:, None, None, :].astype(self.dtype)
        if self.up:
            # The transposed convolution and the blur are one filter; apart they cost a quarter of it.
            x = conv_transpose(x, weight.swapaxes(2, 3), stride=2, padding="VALID")
            x = 4 * filtered(x, BLUR, padding=1)
        else:
            x = conv(x, weight)
        if self.demodulate:
            squares = jnp.square(weight).sum(axis=(0, 1))
            scale = jax.lax.rsqrt(jnp.square(style) @ squares + 1e-8)
            x = x * scale[:, None, None, :].astype(self.dtype)
        return x
