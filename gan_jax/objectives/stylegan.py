"""The game of a discriminator and a style-based generator (Karras et al. 2019, 2020): latents become styles w first."""

from collections.abc import Mapping
from typing import Any, Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree

from gan_jax import rng
from gan_jax.bounds import Count, Fraction, Positive
from gan_jax.objectives import adversarial
from gan_jax.objectives.augmentation import Augment
from gan_jax.objectives.classes import condition_on, label_of, seen_classes
from gan_jax.objectives.told import of_classes
from gan_jax.types import Batch, Condition, Draw, Facts, Objective, Role, Variables

Codes = Float[Array, "batch layers code"]
Latent = dict[str, Array]


def make(
    generator: Role,
    discriminator: Role,
    facts: Facts,
    *,
    latent_size: Positive = 512,
    conditional: bool = False,
    mixing: Fraction = 0.9,
    augment: Augment = None,
) -> Objective:
    """A GAN whose images can be asked for by latent (`image`) or by w (`from_w`), which `w` gives.

    Args:
        generator: its network has the methods `map(latent [B, Z], label)` -> codes [B, L, W], `truncate(codes, psi,
            cutoff)` -> codes and `synthesize(codes, keys uint32 [B, 2] or None)` -> images, about [-1, 1].
        discriminator: its network maps (images, label [B] or None) to logits [B].
        facts: of the data and the devices.
        latent_size: of the standard normal latent.
        conditional: whether both networks see the class; generated classes follow those of the batch.
        mixing: the share of images in training whose layers from some random one on have the styles of another latent.
        augment: (images, keys [B]) -> images, applied to what the discriminator sees, real and generated alike; or what
            remembers, such as `ada`.
    """
    num_classes = seen_classes(conditional, facts)
    network = generator.network(num_classes=num_classes)

    def latent(keys: Key[Array, "batch"]) -> Latent:
        """Standard normal `z`, and a key from which the noise of all layers is drawn."""
        drawn = jax.vmap(jax.random.split)(keys)
        z = jax.vmap(lambda key: jax.random.normal(key, (latent_size,)))(drawn[:, 0])
        return {"z": z, "noise": jax.random.key_data(drawn[:, 1])}

    def begin(key: Key[Array, ""], batch: Batch) -> Variables:
        zeros = latent(rng.per_example(key, batch["position"]))
        return network.init(key, zeros["z"], zeros["noise"], label_of(batch, num_classes))

    def mixed(codes: Codes, others: Codes, keys: Key[Array, "batch"]) -> Codes:
        def start(key: Array) -> Array:
            chosen, place = jax.random.split(key)
            layer = jax.random.randint(place, (), 1, codes.shape[1])
            return jnp.where(jax.random.bernoulli(chosen, mixing), layer, codes.shape[1])

        from_here = jnp.arange(codes.shape[1]) >= jax.vmap(start)(keys)[:, None]
        return jnp.where(from_here[:, :, None], others, codes)

    def generate(variables: Variables, batch: Batch, label: Any, key: Key[Array, ""], step: Array) -> adversarial.Made:

        def keys(name: str) -> Key[Array, "batch"]:
            return rng.per_example(rng.stream(key, 0, name), batch["position"])

        def codes_of(z: Array) -> Codes:
            return network.apply(variables, z, label, train=True, method="map")[0]

        def images_of(codes: Codes) -> Array:
            return network.apply(variables, codes, noise, train=True, method="synthesize")[0]

        drawn = latent(keys("latent"))
        z, noise = drawn["z"], drawn["noise"]
        codes, state = network.apply(variables, z, label, train=True, method="map")
        if mixing:
            codes = mixed(codes, codes_of(latent(keys("other_latent"))["z"]), keys("mixing"))
        images = images_of(codes)
        return adversarial.Made(images, state, drawn, lambda latent: images_of(codes_of(latent["z"])), codes, images_of)

    def truncated(variables: Mapping[str, PyTree], z: Array, condition: Condition, psi: float, cutoff: int) -> Codes:
        own = variables["generator"]
        codes = network.apply(own, z, condition.get("label"), method="map")[0]
        return network.apply(own, codes, psi, cutoff, method="truncate")[0]

    def synthesis(variables: Mapping[str, PyTree], codes: Codes, latent: Latent, noise: str) -> Array:
        keys = latent["noise"]
        keys = {"own": keys, "shared": jnp.zeros_like(keys), "none": None}[noise]
        return network.apply(variables["generator"], codes, keys, method="synthesize")[0]

    def styles(
        variables: Mapping[str, PyTree], latent: Latent, condition: Condition, *, psi: float = 1.0, cutoff: Count = 0
    ) -> Codes:
        """w, once for each layer; `psi` brings those of the first `cutoff` layers, by default all, to their mean."""
        return truncated(variables, latent["z"], condition, psi, cutoff)

    def sample(
        variables: Mapping[str, PyTree],
        latent: Latent,
        condition: Condition,
        *,
        psi: float = 1.0,
        cutoff: Count = 0,
        noise: Literal["own", "shared", "none"] = "own",
    ) -> Float[Array, "batch height width channels"]:
        """An image by its latent, truncated as w is, with noise of each seed's own, the same for all, or none."""
        return synthesis(variables, truncated(variables, latent["z"], condition, psi, cutoff), latent, noise)

    def from_styles(
        variables: Mapping[str, PyTree],
        latent: Latent,
        condition: Condition,
        *,
        noise: Literal["own", "shared", "none"] = "own",
    ) -> Float[Array, "batch height width channels"]:
        """An image by the w of each layer."""
        return synthesis(variables, condition["w"], latent, noise)

    def some_styles(batch: Batch, keys: Key[Array, "batch"]) -> Condition:
        shapes = jax.eval_shape(lambda: codes_at_first(batch))
        return {"w": jnp.zeros(shapes.shape)}

    def codes_at_first(batch: Batch) -> Codes:
        key = rng.key(0)
        variables = begin(key, batch)
        z = latent(rng.per_example(key, batch["position"]))["z"]
        return network.apply(variables, z, label_of(batch, num_classes), method="map")[0]

    game = adversarial.game(
        generator, discriminator, facts, told=of_classes(num_classes), augment=augment, begin=begin, generate=generate
    )
    classes = condition_on(num_classes)
    return Objective(
        init=game.init,
        losses=game.losses,
        averaged=("generator",),
        draws={
            "image": Draw(sample, latent, classes),
            "w": Draw(styles, latent, classes, output="w"),
            "from_w": Draw(from_styles, latent, some_styles, given=("w",)),
        },
    )
