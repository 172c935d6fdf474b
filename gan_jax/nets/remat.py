"""Blocks whose inner values are computed again for the gradient, instead of being kept."""

from collections.abc import Callable
from typing import Any

import flax.linen as nn

from gan_jax.network import watched


def apply_block(block: nn.Module, *inputs: Any, train: bool, remat: bool) -> Any:
    """Applies a block of a network; under `remat` (Chen et al. 2016) the gradient keeps its inputs alone.

    The values are the same, for about a third more arithmetic.
    """

    def call(block: nn.Module, *inputs: Any) -> Any:
        return block(*inputs, train=train)

    return rematerialized(call, remat)(block, *inputs)


def rematerialized(function: Callable, remat: bool) -> Callable:
    """The same for a function of a module, whose layers it makes or calls, and of arrays."""
    return nn.remat(function) if remat and not watched() else function
