"""Views of which a test gives the fields that it is about."""

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp

from gan_jax.losses.views import GanView, VaeView, View


@functools.cache
def _some_of(kind: type[View]) -> type[View]:
    fields = [(field.name, Any, dataclasses.field(default=None)) for field in dataclasses.fields(kind)]
    return dataclasses.make_dataclass(kind.__name__, fields, bases=(kind,), frozen=True, kw_only=True)


def view(kind: type[View], **fields: Any) -> View:
    """Of a kind, None where no value is given; logits are what is said by `real_judged` and `fake_judged`."""
    for side in ("real", "fake"):
        if f"{side}_logits" in fields:
            logits = fields.pop(f"{side}_logits")
            fields[f"{side}_judged"] = {"logits": logits, **fields.get(f"{side}_judged", {})}
    return _some_of(kind)(**fields)


def gan(**fields: Any) -> GanView:
    """With random numbers, a step, no frozen networks and, where a discriminator and images are given, its logits.

    Images are not augmented.
    """
    fields = {**dict(key=jax.random.key(0), step=jnp.int32(0), frozen={}), **fields}
    before = dict(original=fields.get("real"), generated=fields.get("fake"), augmented=lambda real, fake: (real, fake))
    fields = {**before, **fields}
    if "discriminator" in fields:
        for kind in {"real", "fake"} & fields.keys():
            fields.setdefault(f"{kind}_logits", fields["discriminator"](fields[kind]))
    size = len(fields["real"] if "real" in fields else fields["real_logits"])
    fields.setdefault("batch", {"position": jnp.arange(size)})
    return view(GanView, **fields)


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
    return view(VaeView, **{**common, **fields, "mean": mean, "log_variance": log_variance})
