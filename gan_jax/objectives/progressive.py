"""A GAN that grows (Karras et al. 2018): each stage of a run doubles the images' sides."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, PyTree

from gan_jax import rng
from gan_jax.bounds import Positive
from gan_jax.nets.checks import halvings
from gan_jax.nets.progan import faded, level_of
from gan_jax.nets.resample import average_pool, upsample
from gan_jax.objectives import adversarial
from gan_jax.objectives.augmentation import Augment
from gan_jax.objectives.classes import condition_on, label_of, seen_classes
from gan_jax.objectives.told import of_classes
from gan_jax.types import Batch, Condition, Draw, Facts, Objective, Role, Variables

Images = Float[Array, "batch height width channels"]
NewImages = Float[Array, "batch new_height new_width channels"]


def make(
    generator: Role,
    discriminator: Role,
    facts: Facts,
    *,
    fade: Positive,
    latent_size: Positive = 512,
    conditional: bool = False,
    augment: Augment = None,
) -> Objective:
    """A GAN whose config has `stages`: the steps at which images become twice as large, the last time to full size.

    Args:
        generator: its network maps (latent [B, Z], label [B] or None, fade []) to images of the stage's size.
        discriminator: its network maps (images, label, fade) to logits [B].
        facts: of the data, the devices and the stage.
        fade: the number of steps in which a new size takes the old one's place, in real images too.
        latent_size: of the standard normal latent.
        conditional: whether both networks see the class; generated classes follow those of the batch.
        augment: (images, keys [B]) -> images, applied to what the discriminator sees, real and generated alike; or what
            remembers, such as `ada`.
    """
    num_classes = seen_classes(conditional, facts)
    network = generator.network(num_classes=num_classes)
    smaller = halvings(facts.image_shape) - level_of(facts.image_shape, facts.stage, facts.num_stages)

    def share(step: Int[Array, ""]) -> Float[Array, ""]:
        """How much of the new size is seen, from 0 to 1; all of it in the first stage."""
        done = (step - facts.stage_begin + 1) / fade if facts.stage else 1.0
        return jnp.clip(jnp.float32(done), 0.0, 1.0)

    def see(images: Images, step: Int[Array, ""]) -> NewImages:
        for _ in range(smaller):
            images = average_pool(images)
        return faded(upsample(average_pool(images)), images, share(step)) if facts.stage else images

    def latent(keys: Key[Array, "batch"]) -> Float[Array, "batch latent"]:
        return jax.vmap(lambda key: jax.random.normal(key, (latent_size,)))(keys)

    def begin(key: Key[Array, ""], batch: Batch) -> Variables:
        noise = jnp.zeros((len(batch["position"]), latent_size))
        return network.init(key, noise, label_of(batch, num_classes), jnp.ones(()))

    def generate(
        variables: Variables, batch: Batch, label: Any, key: Key[Array, ""], step: Int[Array, ""]
    ) -> adversarial.Made:
        given = (label, share(step))

        def images_of(noise: Float[Array, "batch latent"]) -> Array:
            return network.apply(variables, noise, *given, train=True)[0]

        noise = latent(rng.per_example(rng.stream(key, 0, "latent"), batch["position"]))
        images, state = network.apply(variables, noise, *given, train=True)
        return adversarial.Made(images, state, noise, images_of, noise, images_of)

    def sample(variables: Mapping[str, PyTree], latent: Float[Array, "batch latent"], condition: Condition) -> Array:
        """An image of the stage's size, as far as training has faded it in."""
        return network.apply(variables["generator"], latent, condition.get("label"), train=False)[0]

    game = adversarial.game(
        generator,
        discriminator,
        facts,
        told=of_classes(num_classes),
        augment=augment,
        begin=begin,
        generate=generate,
        see=see,
        tell=lambda step: (share(step),),
    )
    return Objective(
        init=game.init,
        losses=game.losses,
        averaged=("generator",),
        draws={"image": Draw(sample, latent, condition_on(num_classes))},
    )
