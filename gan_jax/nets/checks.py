"""What a network refuses, while its shapes are worked out and before anything is compiled."""

import itertools
from collections.abc import Iterable

from jaxtyping import Array, Float, Int

from gan_jax.errors import InputError, nearest

SHAPES = {2: "pictures of shape (height, width, channels)", 3: "voxels of shape (depth, height, width, channels)"}
Label = Int[Array, " batch"] | Float[Array, "batch classes"] | None  # a class of each example, or a share of each class


def check_option(key: str, value: str, choices: Iterable[str]) -> None:
    """Refuses a value that is none of the choices."""
    choices = list(choices)
    if value not in choices:
        raise InputError(f"{key}={value!r} is not known. {nearest(value, choices)}")


def check_label(label: Label, num_classes: int) -> None:
    """Refuses a class-conditional call without labels."""
    if num_classes > 0 and label is None:
        raise InputError(f"A network with num_classes={num_classes} needs a label for every example.")


PICTURES, ANY_SPACE = (2,), (2, 3)  # dimensions of the space that a network works in


def check_space(image_shape: tuple[int, ...], spaces: tuple[int, ...] = PICTURES) -> None:
    """Refuses what has more or fewer dimensions than a network works in."""
    if len(image_shape) - 1 not in spaces:
        known = " or ".join(SHAPES[space] for space in spaces)
        raise InputError(f"This network makes and sees {known}, not {tuple(image_shape)}.")


def halvings(image_shape: tuple[int, ...], spaces: tuple[int, ...] = PICTURES) -> int:
    """How often an image is halved on its way to the base, whose shortest side is 4 to 7 pixels (3 for 6 pixels)."""
    check_space(image_shape, spaces)
    *sides, channels = image_shape
    if not 1 <= channels <= 4:
        raise InputError(f"Images have 1 to 4 channels, not {channels} (image_shape={image_shape}).")
    count = _halvings(*sides)
    if count == 0:
        size = "x".join(map(str, sides))
        raise InputError(
            f"This network cannot make {size} images: the sides must be those of a base, the shortest "
            f"one 3 to 7 pixels, times a power of two. The nearest resolutions are {_nearest(*sides)}."
        )
    return count


def patched(image_shape: tuple[int, ...], patch: int) -> tuple[int, ...]:
    """The shape of an image whose pixels are patches of another's."""
    check_space(image_shape)
    height, width, channels = image_shape
    if height % patch or width % patch:
        raise InputError(f"patch={patch} does not divide the sides of {height}x{width} images.")
    return height // patch, width // patch, channels


def check_colours(source: Array, image_shape: tuple[int, ...]) -> None:
    """Refuses a picture that an image is no sum with, because it has other channels."""
    if source.shape[-1] != image_shape[-1]:
        raise InputError(
            f"This network adds to its source, so both have as many channels: the source has {source.shape[-1]}, the "
            f"image {image_shape[-1]}."
        )


def base_size(image_shape: tuple[int, ...]) -> tuple[int, ...]:
    """The sides at the lowest resolution."""
    scale = 2 ** halvings(image_shape, ANY_SPACE)
    return tuple(side // scale for side in image_shape[:-1])


def block_channels(channels: tuple[int, ...], width: int, max_width: int, blocks: int) -> tuple[int, ...]:
    """The channels of each block, from the image to the base: as given, or `width` doubled per block."""
    if channels and len(channels) != blocks:
        raise InputError(f"channels has {len(channels)} entries and needs {blocks}, one per block at this resolution.")
    if not channels and width > max_width:
        raise InputError(f"width={width} is more than max_width={max_width} lets any block have: raise that too.")
    return channels or tuple(min(width * 2**block, max_width) for block in range(blocks))


def _halvings(*sides: int) -> int:
    count = 0
    while not any(side % 2 for side in sides) and (min(sides) >= 8 or (min(sides) == 6 and count == 0)):
        sides, count = tuple(side // 2 for side in sides), count + 1
    return count if min(sides) <= 7 else 0


def _nearest(*sides: int) -> str:
    candidates = set()
    for step in (2**exponent for exponent in range(1, 12)):
        for base in itertools.product(*((max(side // step, 3), side // step + 1) for side in sides)):
            near = tuple(side * step for side in base)
            if _halvings(*near) > 0:
                candidates.add((sum(abs(a - b) for a, b in zip(near, sides, strict=True)), *near))
    return " and ".join("x".join(map(str, near)) for _, *near in sorted(candidates)[:2])
