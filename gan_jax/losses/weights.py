"""Terms on a player's own weights."""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax import paths


def orthogonal(view: Any) -> Float[Array, "batch"]:
    """Orthogonal regularisation as BigGAN has it (Brock et al. 2019, equation 3), with a weight of 1e-4.

    The sum over kernels W, each a matrix [all inputs, outputs], of |W^T W * (1 - I)|^2: outputs are to read different
    things, whatever their size. It is the same for all examples; embeddings and biases are left alone.
    """
    total = jnp.zeros(())
    for name, kernel in paths.by_name(view.params).items():
        if name.endswith("kernel") and kernel.ndim >= 2 and "embed" not in name:
            matrix = kernel.reshape(-1, kernel.shape[-1])
            alike = matrix.T @ matrix
            total += (alike**2).sum() - (jnp.diag(alike) ** 2).sum()
    return jnp.broadcast_to(total, view.batch["position"].shape)
