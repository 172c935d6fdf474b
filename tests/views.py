"""Views of which a test gives the fields that it is about."""

from typing import Any

import jax
import jax.numpy as jnp

from gan_jax.losses.views import GanView, VaeView

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


def vae(mean: Any, log_variance: Any, **fields: Any) -> VaeView:
    """With a standard normal prior and the posterior's mean as the latent."""
    zeros = jnp.zeros((1, *mean.shape[1:]))
    common = dict(
        latent=mean,
        prior=(jnp.zeros(1), zeros, zeros),
        key=jax.random.key(0),
        step=jnp.int32(0),
        batch={"position": jnp.arange(len(mean))},
        num_examples=len(mean),
    )
    given = {**common, **fields, "mean": mean, "log_variance": log_variance}
    return VaeView(**{**dict.fromkeys(VaeView._fields), **given})
