"""What games share in which an image is made of another picture."""

from gan_jax.errors import InputError, nearest
from gan_jax.types import Facts


def scale_of(source: str, facts: Facts) -> int:
    """How many times as long as those of the pictures in the column `source` the image's sides are."""
    pictures = [name for name, column in facts.columns.items() if column.kind == "image" and name != "image"]
    if source not in pictures:
        raise InputError(f"objective.source = {source!r} is no column of pictures. {nearest(source, pictures)}")
    (height, width), given = facts.image_shape[:2], facts.columns[source].shape
    scale = height // given[0]
    if (height, width) != (scale * given[0], scale * given[1]) or scale < 1:
        raise InputError(
            f"objective.source = {source!r}: the sides of an image, {height}x{width}, should be those of its source, "
            f"{given[0]}x{given[1]}, times one whole number."
        )
    return scale
