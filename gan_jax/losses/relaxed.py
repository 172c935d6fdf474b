"""Relaxed realism (Ojha et al. 2021, equation 4): few pictures say of few images as a whole what these should be.

Of all others they say it by patches, so that a generator does not have to learn the pictures by heart.
"""

from collections.abc import Callable
from typing import Annotated

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from gan_jax import rng
from gan_jax.bounds import Bounds, Positive
from gan_jax.errors import InputError
from gan_jax.losses.adversarial import AdversarialLoss
from gan_jax.losses.noise import near
from gan_jax.losses.views import GanView
from gan_jax.schedules import Scalar


def patchwise(*, game: AdversarialLoss) -> AdversarialLoss:
    """A game about patches: of the logits that `patch_head.Discriminator` has of them, in the place of an image's."""

    def of_patches(view: GanView) -> GanView:
        if "patches" not in view.real_judged:
            raise InputError('patchwise needs patches: discriminator.network = "patch_head.Discriminator".')
        real, fake = ({"logits": said["patches"]} for said in (view.real_judged, view.fake_judged))
        return view.replace(real_judged=real, fake_judged=fake)

    return _of_another_view(game, of_patches)


def anchored(
    *, game: AdversarialLoss, anchors: Positive = 10, deviation: Annotated[Scalar, Bounds(0)] = 0.1
) -> AdversarialLoss:
    """A game about whole images of latents near `anchors`, which are drawn once and for all.

    Near is a normal `deviation`. The paper has as many anchors as pictures. Its code plays this game in every fourth
    step and `patchwise` in the others: weights of 0.25, with every=4, and 0.75.
    """

    def of_anchors(view: GanView) -> GanView:
        keys = rng.per_example(view.key, view.batch["position"])
        chosen = jax.vmap(lambda key: jax.random.randint(key, (), 0, anchors))(keys)
        images = view.shown(view.generator(near(_anchors(view.latent, anchors, chosen), keys, deviation)))
        return view.replace(fake=images, fake_judged={"logits": view.discriminator(images)})

    return _of_another_view(game, of_anchors)


def _of_another_view(game: AdversarialLoss, other: Callable[[GanView], GanView]) -> AdversarialLoss:
    def side(loss: Callable) -> Callable[[GanView], Float[Array, "batch"]]:
        return lambda view: loss(other(view))

    return AdversarialLoss(*map(side, game))


def _anchors(latent: PyTree, count: int, chosen: Array) -> PyTree:
    """Of each example the one chosen; what of a latent is no number, such as the key of noise, is its own."""

    def fixed(place: int, leaf: Array) -> Array:
        if not jnp.issubdtype(leaf.dtype, jnp.floating):
            return leaf
        return jax.random.normal(rng.stream(rng.key(0), place, "anchors"), (count, *leaf.shape[1:]))[chosen]

    leaves, tree = jax.tree.flatten(latent)
    return tree.unflatten([fixed(place, leaf) for place, leaf in enumerate(leaves)])
