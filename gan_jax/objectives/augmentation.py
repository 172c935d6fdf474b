"""What a discriminator is shown in place of the images themselves, real and generated ones alike."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, PyTree

from gan_jax import rng
from gan_jax.errors import InputError, told_always
from gan_jax.losses.views import GanView
from gan_jax.types import Batch, Mean

Images = Float[Array, "batch *space channels"]
Keys = Key[Array, "batch"]
NAME = "augment"  # of its memory, among those of the discriminator's terms
SECTION = "objective.augment"


@runtime_checkable
class Remembering(Protocol):
    """An augmentation that remembers, as configs may name one."""

    def init(self) -> PyTree:
        """The memory before the first step."""
        ...

    def show(self, memory: PyTree, real: Images, fake: Images, real_keys: Keys, fake_keys: Keys) -> tuple:
        """Both kinds of images as the discriminator sees them."""
        ...

    def learn(self, view: GanView) -> tuple[PyTree, dict[str, Array]]:
        """The memory, which is in `view.carry`, after an update of the discriminator; and numbers to be logged."""
        ...


Augment = Callable | Remembering | None  # (images, keys [B]) -> images, or what remembers


class Augmentation(NamedTuple):
    """The setting `augment` of an objective, whichever form it has."""

    init: Callable  # () -> {} or {NAME: memory}: part of what the discriminator remembers
    show: Callable  # (memory, real, fake, batch, key, step) -> (real, fake), as the discriminator sees them
    learn: Callable  # (memory, view) -> (memory, metrics), once in each update of the discriminator


def of_setting(augment: Augment) -> Augmentation:
    """From a setting of any form."""
    if augment is None:
        return Augmentation(dict, lambda memory, real, fake, batch, key, step: (real, fake), _nothing)
    if not isinstance(augment, Remembering):
        return Augmentation(dict, _shown_by(augment), _nothing)

    def show(
        memory: PyTree, real: Images, fake: Images, batch: Batch, key: Key[Array, ""], step: Int[Array, ""]
    ) -> tuple[Images, Images]:
        with told_always(SECTION, f"fails on images {real.shape}"):
            shown = augment.show(memory[NAME], real, fake, *_keys(key, batch))
        return tuple(_checked(*pair) for pair in zip(shown, (real, fake), strict=True))

    def learn(memory: PyTree, view: GanView) -> tuple[PyTree, dict[str, Mean]]:
        with told_always(SECTION, "fails to learn"):
            new, numbers = augment.learn(view.replace(carry=memory[NAME]))
        metrics = {f"{NAME}/{name}": Mean(jnp.float32(x), jnp.float32(1)) for name, x in numbers.items()}
        return {**memory, NAME: new}, metrics

    return Augmentation(lambda: {NAME: augment.init()}, show, learn)


def _nothing(memory: PyTree, view: GanView) -> tuple[PyTree, dict[str, Mean]]:
    return memory, {}


def _shown_by(augment: Callable) -> Callable:
    def show(
        memory: PyTree, real: Images, fake: Images, batch: Batch, key: Key[Array, ""], step: Int[Array, ""]
    ) -> tuple[Images, Images]:
        changed = []
        for images, keys in zip((real, fake), _keys(key, batch), strict=True):
            with told_always(SECTION, f"fails on images {images.shape}"):
                changed.append(_checked(augment(images, keys, step), images))
        return tuple(changed)

    return show


def _keys(key: Key[Array, ""], batch: Batch) -> list[Keys]:
    """Of real and of generated images: each its own."""
    return [rng.per_example(rng.stream(key, 0, f"augment_{kind}"), batch["position"]) for kind in ("real", "fake")]


def _checked(changed: Any, images: Images) -> Images:
    if jnp.shape(changed) != images.shape:
        raise InputError(f"{SECTION} makes images {jnp.shape(changed)} of images {images.shape}.")
    return changed
