"""Blocks whose inner values are computed again for the gradient, instead of being kept."""

from typing import Any

import flax.linen as nn

from gan_jax.network import watched


def apply_block(block: nn.Module, *inputs: Any, train: bool, remat: bool) -> Any:
    """Applies a block of a network; under `remat` (Chen et al. 2016) the gradient keeps its inputs alone.

    The values are the same, for about a third more arithmetic.
    """

    def call(block: nn.Module, *inputs: Any) -> Any:
        return block(*inputs, train=train)

    return (nn.remat(call) if remat and not watched() else call)(block, *inputs)
