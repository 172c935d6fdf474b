"""Consistency: what does not change an image should not change what a discriminator says of it."""

from collections.abc import Callable
from typing import Annotated, Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax import rng
from gan_jax.bounds import Bounds
from gan_jax.errors import InputError
from gan_jax.losses.adversarial import AdversarialLoss
from gan_jax.losses.noise import near
from gan_jax.losses.reductions import batch_mean, example_mean
from gan_jax.losses.views import GanView, Judged, Pictures, TranslationView, pair_of
from gan_jax.schedules import Scalar


def consistency(
    view: GanView, *, augment: Callable, of: Literal["real", "fake", "both"] = "both"
) -> Float[Array, "batch"]:
    """(D(x) - D(T(x)))^2 for augmented copies of the images that the discriminator has seen.

    Of real images alone it is CR (Zhang et al. 2020), of both bCR (Zhao et al. 2021), each with a weight of 10.
    """
    total = jnp.zeros(len(view.real))
    for name in ("real", "fake") if of == "both" else (of,):
        images, logits = getattr(view, name), getattr(view, f"{name}_logits")
        keys = rng.per_example(rng.stream(view.key, 0, name), view.batch["position"])
        total += example_mean((logits - view.discriminator(augment(images, keys))) ** 2)
    return total


def _perturbed(view: GanView, deviation: Scalar) -> Array:
    """Images of latents with some noise added."""
    keys = rng.per_example(view.key, view.batch["position"])
    return view.generator(near(view.latent, keys, deviation))


def latent_consistency(*, deviation: Annotated[Scalar, Bounds(0)] = 0.05) -> AdversarialLoss:
    """zCR (Zhao et al. 2021): for a step in the latent logits stay, and images move.

    The discriminator's (D(G(z)) - D(G(z')))^2, with a weight of 5 in the paper, and the generator's -|G(z) - G(z')|^2,
    averaged over values, with 0.5.
    """

    def discriminator(view: GanView) -> Float[Array, "batch"]:
        return example_mean((view.discriminator(view.generated) - view.discriminator(_perturbed(view, deviation))) ** 2)

    def generator(view: GanView) -> Float[Array, "batch"]:
        return -example_mean((view.generated - _perturbed(view, deviation)) ** 2)

    return AdversarialLoss(discriminator, generator)


def feature_matching(view: Judged) -> Float[Array, "batch"]:
    """|mean f(real) - mean f(fake)|^2 of the discriminator's last features (Salimans et al. 2016, section 3.1)."""
    if "features" not in view.real_judged:
        raise InputError("feature_matching needs features: discriminator.network.head = 'features'.")
    real, fake = (batch_mean(said["features"], view.axis_name) for said in (view.real_judged, view.fake_judged))
    return jnp.broadcast_to(((real - fake) ** 2).sum(), len(view.real))


def feature_distance(view: Judged) -> Float[Array, "batch"]:
    """|f(x) - f(reconstruction of x)|^2 / 2 in the discriminator's last features (Larsen et al. 2016, VAE-GAN).

    It is -log p(f(x) | z) of a Gaussian of variance 1 but for a constant, in nats, as the divergence beside it is.
    """
    image, reconstruction = pair_of(view, "feature_distance")
    of_image, of_reconstruction = (_features(view, x) for x in (image, reconstruction))
    return jnp.square(jax.lax.stop_gradient(of_image) - of_reconstruction).sum(axis=-1) / 2


def _features(view: Judged, images: Pictures) -> Float[Array, "batch features"]:
    said = view.judge(images) if view.judge is not None else {}
    if "features" not in said:
        raise InputError(
            'feature_distance needs features: objective = "vae_gan" or "vq_gan", and discriminator.network.head = '
            '"features".'
        )
    return said["features"]


def map_matching(view: Judged) -> Float[Array, "batch"]:
    """The mean of |f(real) - f(fake)| over a discriminator's maps, those of all layers and scales counting alike.

    The feature matching of pix2pixHD (Wang et al. 2018), whose weight of 10 is 40 here: it has the sum over the four
    layers of a scale.
    """
    if "maps" not in view.real_judged:
        raise InputError("map_matching needs maps: discriminator.network = patchgan.MultiScale, or network.maps.")
    real, fake = (jax.tree.leaves(said["maps"]) for said in (view.real_judged, view.fake_judged))
    distances = [example_mean(jnp.abs(y - jax.lax.stop_gradient(x))) for x, y in zip(real, fake, strict=True)]
    return sum(distances) / len(distances)


def diversity(view: TranslationView, *, most: Annotated[Scalar, Bounds(0)] = 1.0) -> Float[Array, "batch"]:
    """-|G(x, z) - G(x, z')| / |z - z'|, down to -`most`: answers to one source differ as their latents do.

    Mode-seeking regularisation (Mao et al. 2019) in the bounded form of Yang et al. 2019; distances are means of
    absolute values.
    """
    if not jnp.issubdtype(view.latent.dtype, jnp.floating):
        raise InputError("diversity asks for answers that differ with a latent: objective.latent_size = 8.")
    keys = rng.per_example(view.key, view.batch["position"])
    other = jax.vmap(lambda key: jax.random.normal(key, view.latent.shape[1:]))(keys)
    moved = example_mean(jnp.abs(view.generator(other) - view.fake))
    return -jnp.minimum(moved / example_mean(jnp.abs(other - view.latent)), most)


def transport(view: GanView) -> Float[Array, "batch"]:
    """|G(z) - z|^2, averaged over values, of a generator whose latent has the shape of an image.

    The term of Adversarial Flow Models (Lin et al. 2025) that makes of all ways from noise to data the shortest; its
    weight falls by a cosine from 0.2 to 0.005.
    """
    if jnp.shape(view.latent) != view.generated.shape:
        raise InputError(
            f"transport compares an image {view.generated.shape} with a latent of its shape: objective.latent_size = 0."
        )
    return example_mean((view.generated - view.latent) ** 2)
