"""From a Flax module to a pair of pure functions: the one file that knows Flax's variable collections."""

from typing import Any

import flax.linen as nn
import jax

from gan_jax.types import Network, Variables

STATISTICS = ("batch_stats",)  # collections that belong to the parameters, and are averaged with them


def from_flax(module: nn.Module) -> Network:
    """Wraps a module whose methods take `train: bool` and keep what they update in any collection but `params`."""

    def init(key: jax.Array, *inputs: Any, method: str | None = None) -> Variables:
        collections = dict(module.init(key, *inputs, train=True, method=method))
        return Variables(params=collections.pop("params", {}), state=collections)

    def apply(variables: Variables, *inputs: Any, train: bool = False, method: str | None = None) -> tuple[Any, Any]:
        collections = {"params": variables.params, **variables.state}
        if not train:
            return module.apply(collections, *inputs, train=False, method=method), variables.state
        outputs, updates = module.apply(collections, *inputs, train=True, method=method, mutable=list(variables.state))
        return outputs, {**variables.state, **updates}

    return Network(init, apply)
