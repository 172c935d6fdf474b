"""Views of which a test gives the fields that it is about."""

from typing import Any

import jax
import jax.numpy as jnp

from gan_jax.losses.views import GanView

NOBODY = dict.fromkeys(GanView._fields)


def gan(**fields: Any) -> GanView:
    """With random numbers, a step, no frozen networks and, where a discriminator and images are given, its logits."""
    common = dict(key=jax.random.key(0), step=jnp.int32(0), frozen={})
    fields = {**common, **fields}
    if "discriminator" in fields:
        for kind in {"real", "fake"} & fields.keys():
            fields.setdefault(f"{kind}_logits", fields["discriminator"](fields[kind]))
    size = len(fields["real"] if "real" in fields else fields["real_logits"])
    fields.setdefault("batch", {"position": jnp.arange(size)})
    return GanView(**{**NOBODY, **fields})
