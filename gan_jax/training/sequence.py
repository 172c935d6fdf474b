"""A loop inside a compiled function."""

from collections.abc import Callable
from typing import Any

import jax
from jaxtyping import PyTree


def sequence(body: Callable[[Any, Any], tuple[Any, Any]], carry: PyTree, xs: PyTree) -> tuple[PyTree, PyTree]:
    """`jax.lax.scan`, without the loop when there is but one turn: XLA:CPU runs some operations slower inside."""
    if len(jax.tree.leaves(xs)[0]) > 1:
        return jax.lax.scan(body, carry, xs)
    carry, output = body(carry, jax.tree.map(lambda x: x[0], xs))
    return carry, jax.tree.map(lambda x: x[None], output)
