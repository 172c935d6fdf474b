"""The last layers of a discriminator: what it says of an image."""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from gan_jax.errors import InputError
from gan_jax.nets.checks import check_option
from gan_jax.nets.layers import Dense, Embed
from gan_jax.nets.normalization import unit_length
from gan_jax.nets.projection import Projection

Said = Float[Array, " batch"] | dict[str, Array]  # logits, or these by that name beside more
HEADS = ("projection", "features", "auxiliary", "contrastive")


def judged(
    x: Float[Array, "batch features"],
    label: Int[Array, " batch"] | None,
    kind: str,
    num_classes: int,
    *,
    train: bool,
    **shared: Any,
) -> Said:
    """What a discriminator makes of its last features, in one of the ways of HEADS; float32.

    `projection`: logits alone, which see the class by projection (Miyato & Koyama 2018). `features`: these beside the
    features. `auxiliary`: logits that do not see the class, and `class_logits` (Odena et al. 2017). `contrastive`:
    logits that do, and the `embedding` of the image beside the `proxy` of its class, both of length 1 (Kang et al.
    2021, ReACGAN). The layers are the caller's own, with the settings `shared`, but compute in float32: bfloat16 has
    two digits, and games are about differences of logits.
    """
    shared["dtype"] = jnp.float32
    check_option("head", kind, HEADS)
    if kind in ("auxiliary", "contrastive") and not num_classes:
        raise InputError(f"head={kind!r} is about classes: objective.conditional = True.")
    seen = 0 if kind == "auxiliary" else num_classes
    logits = Projection(seen, name="logits", **shared)(x, label, train=train)
    if kind == "projection":
        return logits
    said = {"logits": logits, "features": x.astype(jnp.float32)}
    if kind == "auxiliary":
        said["class_logits"] = Dense(num_classes, name="classes", **shared)(x, train=train).astype(jnp.float32)
    elif kind == "contrastive":
        embed = Embed(x.shape[-1], False, num_classes=num_classes, name="proxy", **shared)
        said["embedding"] = unit_length(Dense(x.shape[-1], name="embedding", **shared)(x, train=train))
        said["proxy"] = unit_length(embed(label, train=train))
    return said
