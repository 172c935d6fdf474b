"""What games from pictures to pictures share: which column is the source, and how much of which style is asked for."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, PyTree

from gan_jax.bounds import Amount
from gan_jax.errors import InputError, nearest
from gan_jax.images import from_uint8
from gan_jax.nets.layers import shares
from gan_jax.objectives.classes import condition_on
from gan_jax.types import Batch, Condition, Draw, Facts


def check_source(source: str, facts: Facts) -> None:
    """Refuses a source that is no column of pictures, or of voxels where `image` is."""
    kind = facts.columns["image"].kind
    pictures = [name for name, column in facts.columns.items() if column.kind == kind and name != "image"]
    if source not in pictures:
        raise InputError(f"objective.source = {source!r} is no column of pictures. {nearest(source, pictures)}")


def scale_of(source: str, facts: Facts) -> int:
    """How many times as long as those of the pictures in the column `source` the image's sides are."""
    check_source(source, facts)
    sides, given = facts.image_shape[:-1], facts.columns[source].shape[:-1]
    scale = sides[0] // given[0]
    if sides != tuple(scale * side for side in given) or scale < 1:
        wanted, found = ("x".join(map(str, each)) for each in (sides, given))
        raise InputError(
            f"objective.source = {source!r}: the sides of an image, {wanted}, should be those of its source, "
            f"{found}, times one whole number."
        )
    return scale


def check_target(target: str, facts: Facts) -> None:
    """Refuses a column of right answers that are not like the images."""
    image = facts.columns["image"]
    alike = [name for name, it in facts.columns.items() if (it.kind, it.shape) == (image.kind, image.shape)]
    if target not in alike:
        known = nearest(target, alike)
        raise InputError(f"objective.target = {target!r} is no column of pictures like `image`. {known}")


class Styles(NamedTuple):
    """The styles that a generator is told of, as shares of each; a share of nothing at all leaves a picture alone."""

    count: int = 0  # 0: it is told of none
    classes: int = 0  # of `image`; 0 where its pictures are all of one style

    def asked(self, columns: Mapping[str, Array], size: int, strength: float = 1.0) -> tuple:
        """What a generator is given beside pictures and keys: `strength` shares of each example's style."""
        if not self.count:
            return ()
        label = columns["label"] if self.classes else jnp.zeros(size, jnp.int32)
        return None, strength * shares(label, self.count)

    def judged(self, batch: Batch) -> tuple[Int[Array, "batch"], ...]:
        """What a discriminator is given beside pictures."""
        return (batch["label"],) if self.classes else ()

    def none(self, size: int) -> tuple[None, Float[Array, "batch styles"]]:
        """What a generator is given that is to leave pictures alone."""
        return None, jnp.zeros((size, self.count))

    def condition(self, batch: Batch, keys: Key[Array, "batch"]) -> Condition:
        """The style's part of what a draw is asked with."""
        return condition_on(self.classes)(batch, keys)


UNSTYLED = Styles()


def make_styles(styles: bool, facts: Facts) -> Styles:
    """From a setting `styles` of an objective: classes of `image` are styles, and without classes it has one."""
    return Styles(max(facts.num_classes, 1), facts.num_classes) if styles else UNSTYLED


def translate(answer: Callable, styles: Styles = UNSTYLED, *, of: str, into: str) -> Draw:
    """The draw of a column of pictures out of another one.

    `answer` is (variables {name: Variables}, pictures, *what `Styles.asked` gives) -> pictures.
    """

    def sample(variables: Mapping[str, PyTree], latent: PyTree, condition: Condition) -> Array:
        return answer(variables, from_uint8(condition[of]))

    def sample_styled(
        variables: Mapping[str, PyTree], latent: PyTree, condition: Condition, *, strength: Amount = 1.0
    ) -> Array:
        """At a `strength` of 0 pictures are left alone, above 1 the style is overdone."""
        pictures = from_uint8(condition[of])
        return answer(variables, pictures, *styles.asked(condition, len(pictures), strength))

    def condition(batch: Batch, keys: Key[Array, "batch"]) -> Condition:
        return {of: batch[of], **styles.condition(batch, keys)}

    return Draw(sample_styled if styles.count else sample, condition=condition, output=into)
