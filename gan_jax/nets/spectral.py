"""Spectral normalisation."""

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float


class SpectralNorm(nn.Module):
    """Divides a weight by its largest singular value, estimated by power iteration (Miyato et al. 2018).

    The weight counts as a matrix from all its other axes to `out_axis`. The vector lives in the collection `spectral`;
    it moves by one iteration per call in training, while an evaluation leaves it and depends on the variables alone.
    """

    out_axis: int = -1

    @nn.compact
    def __call__(self, weight: Float[Array, "..."], *, train: bool) -> Float[Array, "..."]:
        """Returns the weight at unit spectral norm; everything here is float32."""
        outputs = weight.shape[self.out_axis]
        matrix = jnp.moveaxis(weight, self.out_axis, -1).reshape(-1, outputs)
        vector = self.variable(
            "spectral", "right", lambda: _unit(jax.random.normal(self.make_rng("params"), (outputs,)))
        )

        constant = lax.stop_gradient(matrix)
        left = _unit(_product(constant, vector.value))
        right = _unit(_product(left, constant))
        if train and not self.is_initializing():
            vector.value = right
        sigma = _product(left, _product(matrix, right))
        return weight / jnp.maximum(sigma, 1e-12)


def _product(a: Array, b: Array) -> Array:
    return jnp.matmul(a, b, precision=lax.Precision.HIGHEST)  # accelerators would round to bfloat16 or TF32


def _unit(vector: Array) -> Array:
    return vector / jnp.maximum(jnp.linalg.norm(vector), 1e-12)
