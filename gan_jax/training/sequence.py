"""A loop inside a compiled function."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import PyTree


def sequence(body: Callable[[Any, Any], tuple[Any, Any]], carry: PyTree, xs: PyTree) -> tuple[PyTree, PyTree]:
    """`jax.lax.scan`, unrolled on CPU, where XLA runs the convolutions inside a loop ten times slower."""
    length = len(jax.tree.leaves(xs)[0])
    if jax.default_backend() != "cpu" and length > 1:
        return jax.lax.scan(body, carry, xs)
    outputs = []
    for i in range(length):
        carry, output = body(carry, jax.tree.map(lambda x, i=i: x[i], xs))
        outputs.append(output)
    return carry, jax.tree.map(lambda *values: jnp.stack(values), *outputs)
