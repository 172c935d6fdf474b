"""What a network refuses, while its shapes are worked out and before anything is compiled."""

from collections.abc import Iterable

from jaxtyping import Array, Float, Int

from gan_jax.errors import InputError, nearest

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


def halvings(image_shape: tuple[int, ...]) -> int:
    """How often an image is halved on its way to the base, whose shorter side is 4 to 7 pixels (3 for 6 pixels)."""
    if len(image_shape) != 3:
        raise InputError(
            f"This network makes and sees pictures of shape (height, width, channels), not {tuple(image_shape)}."
        )
    height, width, channels = image_shape
    if not 1 <= channels <= 4:
        raise InputError(f"Images have 1 to 4 channels, not {channels} (image_shape={image_shape}).")
    count = _halvings(height, width)
    if count == 0:
        raise InputError(
            f"This network cannot make {height}x{width} images: the sides must be those of a base, the shorter "
            f"one 3 to 7 pixels, times a power of two. The nearest resolutions are {_nearest(height, width)}."
        )
    return count


def patched(image_shape: tuple[int, ...], patch: int) -> tuple[int, ...]:
    """The shape of an image whose pixels are patches of another's."""
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


def base_size(image_shape: tuple[int, ...]) -> tuple[int, int]:
    """Height and width at the lowest resolution."""
    scale = 2 ** halvings(image_shape)
    return image_shape[0] // scale, image_shape[1] // scale


def block_channels(channels: tuple[int, ...], width: int, max_width: int, blocks: int) -> tuple[int, ...]:
    """The channels of each block, from the image to the base: as given, or `width` doubled per block."""
    if channels and len(channels) != blocks:
        raise InputError(f"channels has {len(channels)} entries and needs {blocks}, one per block at this resolution.")
    return channels or tuple(min(width * 2**block, max_width) for block in range(blocks))


def _halvings(height: int, width: int) -> int:
    count = 0
    while height % 2 == 0 and width % 2 == 0 and (min(height, width) >= 8 or (min(height, width) == 6 and count == 0)):
        height, width, count = height // 2, width // 2, count + 1
    return count if min(height, width) <= 7 else 0


def _nearest(height: int, width: int) -> str:
    candidates = set()
    for exponent in range(1, 12):
        step = 2**exponent
        for rows in (max(height // step, 3), height // step + 1):
            for columns in (max(width // step, 3), width // step + 1):
                if min(rows, columns) > 0 and _halvings(rows * step, columns * step) > 0:
                    candidates.add(
                        (abs(rows * step - height) + abs(columns * step - width), rows * step, columns * step)
                    )
    return " and ".join(f"{rows}x{columns}" for _, rows, columns in sorted(candidates)[:2])
