"""Memory for time: what a block computes is computed again where gradients ask for it (Chen et al. 2016)."""

from typing import Any

import flax.linen as nn


def applied(block: nn.Module, *inputs: Any, remat: bool, train: bool) -> Any:
    """`block(*inputs, train=train)`, keeping nothing of what is in between if `remat`."""

    def call(block: nn.Module, *inputs: Any) -> Any:
        return block(*inputs, train=train)

    return (nn.remat(call) if remat else call)(block, *inputs)
